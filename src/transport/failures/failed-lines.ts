import type { SourceName } from '../../domain/command.js';
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

/** What a failed line names: a record, a SKU or a product. */
function subjectOf(of: { id: string } | SourceName): string {
  if ('id' in of) return of.id;
  return 'skuId' in of ? of.skuId : of.productId;
}

/** The lines that failed, if the call had several; undefined if the message says everything. */
export function failedLines(failure: Failure): readonly FailedLine[] | undefined {
  switch (failure.reason) {
    case 'INSUFFICIENT_STOCK':
      if (!('shortLines' in failure)) return undefined;
      return failure.shortLines.map(({ requested, available, ...of }) => ({
        error: { ...of, requested, available },
        subject: subjectOf(of),
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
      const unknown = [...(failure.ids?.map((id) => ({ id })) ?? []), ...(failure.sources ?? [])];
      if (unknown.length === 0) return undefined;
      return unknown.map((of) => ({ error: of, subject: subjectOf(of), description }));
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
