import type { Fault } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import type { ReceivedSuccess } from '../../domain/outcome.js';
import type { Engine } from '../../engine/engine.js';
import { execute, type Refused } from '../commands.js';
import { fingerprint } from '../fingerprint.js';
import { newId } from '../ids.js';
import { inOrder } from '../in-order.js';
import type { Receipt } from './receipt.js';

/** In whose name lines are imported. */
export interface ReceiptContext {
  readonly merchantId: string;
  /** Kept in the log. */
  readonly actor: string;
  /** Names the import, so that each of its lines happens once: 1 to 200 printable ASCII characters. */
  readonly importId: string;
  readonly signal: AbortSignal;
  readonly retry: RetryLimits;
}

export interface RetryLimits {
  /** Tries of one line, the first included. */
  readonly attemptsMax: number;
  /** The wait before try n + 1 is drawn from half to all of min(backoffMinMs * 2^(n-1), backoffMaxMs). */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

export type Received =
  | {
      readonly kind: 'done';
      readonly effect: ReceivedSuccess['received']['effect'];
      readonly replayed: boolean;
    }
  /** The line cannot be imported as it is. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  /** Nothing happened, and it is not the line's fault. */
  | { readonly kind: 'fault'; readonly reason: Fault['reason'] };

/**
 * Takes in what one line of a file says, once: the key is made of the import and the line's number. What stands in the
 * way for a while is waited for, within bounds.
 */
export async function receive(
  engine: Pick<Engine, 'submit'>,
  line: number,
  receipt: Receipt,
  { merchantId, actor, importId, signal, retry }: ReceiptContext,
): Promise<Received> {
  const { details, qty, reference, notes } = receipt;
  const call = {
    principal: { merchantId, actor, permissions: new Set<never>() },
    idempotencyKey: `import/${importId}/${line}`,
    deadlineAtMs: Number.MAX_SAFE_INTEGER,
  };
  const command = {
    kind: 'receive_record',
    merchantId,
    actor,
    newId: newId('inv'),
    qty,
    details,
    reference,
    notes,
  } as const;
  const print = (): string => fingerprint('receive_record', ...partsOf(receipt));
  for (let attempt = 1; ; attempt++) {
    const result = await execute<ReceivedSuccess>(engine, call, command, print);
    if (result.ok) return { kind: 'done', effect: result.success.received.effect, replayed: result.replayed };
    const { failure } = result;
    if (!isFault(failure)) return { kind: 'refused', problems: problemsOf(failure) };
    const { reason } = failure;
    if (!passing.has(reason) || attempt >= retry.attemptsMax || signal.aborted)
      return { kind: 'fault', reason };
    await pause(attempt, retry, signal);
  }
}

function partsOf({ details, qty, reference, notes }: Receipt): unknown[] {
  const { productId, skuId, warehouseId, warehouseName, location, reorderLevel, reorderQty } = details;
  const identity = [productId, skuId, warehouseId];
  const description = [warehouseName, location, reorderLevel, reorderQty, inOrder(details.variantAttributes)];
  return [qty, identity, description, reference, notes];
}

/** Faults that may go away by themselves. */
const passing: ReadonlySet<Fault['reason']> = new Set(['OVERLOADED', 'CONTENTION', 'DATABASE_UNAVAILABLE']);

const faults: ReadonlySet<string> = new Set<Fault['reason']>([
  ...passing,
  'SHUTTING_DOWN',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
]);

function isFault(failure: Refused['failure']): failure is Fault {
  return faults.has(failure.reason);
}

function problemsOf(failure: Exclude<Refused['failure'], Fault>): string[] {
  switch (failure.reason) {
    case 'VALIDATION_FAILED':
      return failure.violations.map(({ field, description }) => `${field} ${description}`);
    case 'IDEMPOTENCY_KEY_REUSED':
      return ['was sent under this import id already, and said something else then'];
    case 'INVENTORY_NOT_FOUND':
      return ['names a record that has a description and no stock level; see holdfast audit'];
    default:
      return [failureMessage(failure)];
  }
}

function pause(
  attempt: number,
  { backoffMinMs, backoffMaxMs }: RetryLimits,
  signal: AbortSignal,
): Promise<void> {
  const full = Math.min(backoffMinMs * 2 ** (attempt - 1), backoffMaxMs);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, full * (0.5 + Math.random() / 2));
    signal.addEventListener('abort', end);
  });
}
