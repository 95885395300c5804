import type { StockCommand } from '../domain/command.js';
import type { Fault, Refusal, Rejection } from '../domain/failure.js';
import type { StockFigures } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { fingerprint } from './fingerprint.js';

/** What a caller asks of one record; shape already checked. */
export interface StockRequest {
  readonly id: string;
  readonly qty: number;
  readonly reference: string;
  readonly notes: string;
}

/** How a call that changes stock came out. */
export type StockResult =
  | { readonly ok: true; readonly stock: StockFigures; readonly replayed: boolean }
  | { readonly ok: false; readonly failure: Rejection | Refusal | Fault; readonly replayed: boolean };

/** The use cases that change one record's stock. Callers' rights are checked before; see the dispatcher. */
export class StockService {
  constructor(private readonly engine: Pick<Engine, 'submit'>) {}

  /** Moves units from available to reserved. */
  reserve(call: CallContext, request: StockRequest): Promise<StockResult> {
    return this.#execute(call, { kind: 'reserve', ...owned(call, request) });
  }

  /** Returns reserved units to available. */
  release(call: CallContext, request: StockRequest): Promise<StockResult> {
    return this.#execute(call, { kind: 'release', ...owned(call, request) });
  }

  async #execute(call: CallContext, command: StockCommand): Promise<StockResult> {
    const key = call.idempotencyKey;
    const idempotency = key === undefined ? undefined : { key, fingerprint: fingerprint(command) };
    const execution = await this.engine.submit({ command, idempotency }, call.deadlineAtMs);
    if ('reason' in execution) return { ok: false, failure: execution, replayed: false };
    if (execution.kind === 'key_reused') {
      return { ok: false, failure: { reason: 'IDEMPOTENCY_KEY_REUSED' }, replayed: false };
    }
    const { outcome } = execution;
    const replayed = execution.kind === 'replayed';
    return outcome.ok
      ? { ok: true, stock: outcome.stock, replayed }
      : { ok: false, failure: outcome.rejection, replayed };
  }
}

function owned(call: CallContext, { id, qty, reference, notes }: StockRequest) {
  const { merchantId, actor } = call.principal;
  return { merchantId, actor, id, qty, reference, notes };
}
