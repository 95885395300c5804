import { type ImportCounts, type ImportObserver, receiptOf } from './import-rows.js';
import type { Row } from './line.js';

/** Looks for bad rows and imports none. What only the stock can tell, such as too many units on hand, it cannot. */
export async function checkRows(
  rows: AsyncIterable<readonly Row[]>,
  { signal, observer }: { readonly signal: AbortSignal; readonly observer: ImportObserver },
): Promise<ImportCounts> {
  const counts: ImportCounts = { rows: 0, created: 0, restocked: 0, unchanged: 0, alreadyDone: 0, bad: 0 };
  for await (const group of rows) {
    for (const row of group) {
      counts.rows++;
      const receipt = receiptOf(row);
      if (Array.isArray(receipt)) {
        counts.bad++;
        observer.bad(row.line, receipt);
      }
      observer.progress(counts, row.endByte);
    }
    if (signal.aborted) break;
  }
  return counts;
}
