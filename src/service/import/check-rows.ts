import { type ImportCounts, type ImportObserver, noCounts } from './import-rows.js';
import { isPassedOver, type Row } from './reading/line.js';
import { receiptOf } from './rows/row-receipt.js';

/** Looks for bad rows and imports none. Misses what depends on the stock, such as too many units on hand. */
export async function checkRows(
  rows: AsyncIterable<readonly Row[]>,
  { signal, observer }: { readonly signal: AbortSignal; readonly observer: ImportObserver },
): Promise<ImportCounts> {
  const counts = noCounts();
  for await (const group of rows) {
    for (const row of group) {
      if (isPassedOver(row)) {
        counts.lines[row.kind] += row.lines;
        observer.progress(counts, row.endByte);
        continue;
      }
      counts.rows++;
      const receipt = receiptOf(row);
      if (Array.isArray(receipt)) {
        counts.bad++;
        observer.bad(row, receipt);
      }
      counts.lines[Array.isArray(receipt) ? 'bad' : 'done'] += row.lines;
      observer.progress(counts, row.endByte);
    }
    if (signal.aborted) break;
  }
  return counts;
}
