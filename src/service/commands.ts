import type { Command } from '../domain/command.js';
import type { Fault, FieldViolation, Refusal, Rejection } from '../domain/failure.js';
import { isSuccessOf, type Success, type Successes } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';

/** The result of a call that changes something. */
export type Result<S extends Success> = Done<S> | Refused;

export interface Done<S extends Success> {
  readonly ok: true;
  readonly success: S;
  readonly replayed: boolean;
}

export interface Refused {
  readonly ok: false;
  readonly failure: Rejection | Refusal | Fault;
  readonly replayed: boolean;
}

/**
 * Runs a command under the call's idempotency key, if it has one, and returns the success of its kind. `fingerprint` is
 * called only when there is a key. Never rejects.
 */
export async function execute<K extends Command['kind']>(
  engine: Pick<Engine, 'submit'>,
  call: CallContext,
  command: Command & { readonly kind: K },
  fingerprint: () => string,
): Promise<Result<Successes[K]>> {
  const key = call.idempotencyKey;
  const idempotency = key === undefined ? undefined : { key, fingerprint: fingerprint() };
  const { isLetIn, sequence, span, deadlineAtMs } = call;
  const submission = { command, idempotency, isLetIn, sequence, call: span?.place };
  const submitted = engine.submit(submission, deadlineAtMs);
  call.onSubmit?.();
  const execution = await submitted;
  if ('reason' in execution) return refused(execution);
  if (execution.kind === 'key_reused') return refused({ reason: 'IDEMPOTENCY_KEY_REUSED' });
  const { outcome } = execution;
  const replayed = execution.kind === 'replayed';
  if (!outcome.ok) return { ok: false, failure: outcome.rejection, replayed };
  return isSuccessOf(command.kind, outcome)
    ? { ok: true, success: outcome, replayed }
    : refused({ reason: 'INTERNAL' });
}

export function refused(failure: Refused['failure']): Refused {
  return { ok: false, failure, replayed: false };
}

/** A refusal of a request whose parts do not go together. */
export function invalid(...violations: readonly FieldViolation[]): Refused {
  return refused({ reason: 'VALIDATION_FAILED', violations });
}
