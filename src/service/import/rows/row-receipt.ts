import type { FaultyRow, UsableRow } from '../reading/line.js';
import { type Receipt, readReceipt } from './receipt.js';

/** The receipt of a row, or all its problems. */
export function receiptOf(row: UsableRow | FaultyRow): Receipt | string[] {
  if (row.kind === 'faulty') return [row.fault];
  const receipt = readReceipt(row.fields);
  const problems = Array.isArray(receipt) ? receipt.map(({ column, problem }) => `${column} ${problem}`) : [];
  if (row.problems !== undefined) problems.unshift(...row.problems);
  return problems.length > 0 ? problems : (receipt as Receipt);
}
