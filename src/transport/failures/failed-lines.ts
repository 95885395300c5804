import type { Failure } from '../../domain/failure.js';
import { failureMessage, negativeStockMessage, staleQuantityMessage } from '../../domain/failure-message.js';

/** One line that made an order or a batch fail. */
export interface FailedLine {
  /** An element of `errors` in a REST body. */
  readonly error: Readonly<Record<string, unknown>>;
  /** The record and what is wrong with it, for a violation of google.rpc.PreconditionFailure. */
  readonly subject: string;
  readonly description: string;
}

/** The lines that failed, if the call had several; undefined if the message says everything. */
export function failedLines(failure: Failure): readonly FailedLine[] | undefined {
  switch (failure.reason) {
    case 'INSUFFICIENT_STOCK':
      if (!('shortLines' in failure)) return undefined;
      return failure.shortLines.map(({ id, requested, available }) => ({
        error: { id, requested, available },
        subject: id,
        description: `requested ${requested}, available ${available}`,
      }));
    case 'INSUFFICIENT_RESERVED':
      if (!('unheldLines' in failure)) return undefined;
      return failure.unheldLines.map(({ id, requested, reserved }) => ({
        error: { id, requested, reserved },
        subject: id,
        description: `requested ${requested}, reserved ${reserved}`,
      }));
    case 'INVENTORY_NOT_FOUND': {
      const description = failureMessage({ reason: 'INVENTORY_NOT_FOUND' });
      return failure.ids?.map((id) => ({ error: { id }, subject: id, description }));
    }
    case 'NEGATIVE_STOCK':
      return failure.lines?.map((found) => ({
        error: {
          line: found.line,
          id: found.id,
          onHandQty: found.onHand,
          reservedQty: found.reserved,
          qty: found.change,
        },
        subject: found.id,
        description: `line ${found.line}: ${negativeStockMessage(found)}`,
      }));
    case 'STALE_QUANTITY':
      return failure.lines?.map((found) => ({
        error: {
          line: found.line,
          id: found.id,
          expectedOnHandQty: found.expected,
          onHandQty: found.onHand,
        },
        subject: found.id,
        description: `line ${found.line}: ${staleQuantityMessage(found)}`,
      }));
    default:
      return undefined;
  }
}
