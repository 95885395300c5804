import type { Hold } from '../hold.js';
import type { RecordView, TermChange } from './decision.js';
import { boundWith } from './term.js';

/** Sets when a hold ends: an instant in milliseconds since the epoch, or null for never. */
export function setTerm<R extends RecordView>(
  record: R,
  hold: Hold,
  expiresAtMs: number | null,
): TermChange<R> {
  const nextExpiryAtMs = boundWith(record.stock.nextExpiryAtMs, expiresAtMs);
  return { record, stock: { ...record.stock, nextExpiryAtMs }, hold: { ...hold, expiresAtMs } };
}
