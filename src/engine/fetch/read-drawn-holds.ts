import type { Transaction } from '../../store/connection/transaction.js';
import { type HoldRow, type OldestQty, readOldestHolds, sumOldestHolds } from '../../store/tables/holds.js';
import type { StockRow } from '../../store/tables/stock-levels.js';
import type { Submission } from '../submission.js';
import { countWithRoom } from './batch-room.js';
import { DrawnHolds } from './drawn-holds.js';
import type { PlannedBatch } from './plan-batch.js';

/** What is known before the holds for draws without a reference are read. */
interface Locked {
  readonly stocks: readonly StockRow[];
  /** The holds that commands name, and the unreferenced units. */
  readonly named: readonly HoldRow[];
  readonly expired: readonly HoldRow[];
}

interface ReadHolds {
  /** The commands that have room, from the first on. */
  readonly submissions: readonly Submission[];
  readonly oldest: readonly HoldRow[];
  /** Only for records where some command would draw on many holds. */
  readonly sums: readonly OldestQty[];
}

const none: never[] = [];

/**
 * Reads the holds that draws without a reference need, for as many commands as have room. If a draw would need many,
 * their sum is read first: most draws that are too large for all of them are refused by that alone.
 */
export async function readDrawnHolds(
  tx: Transaction,
  { plan, submissions, orderSizes }: Pick<PlannedBatch, 'plan' | 'submissions' | 'orderSizes'>,
  { stocks, named, expired }: Locked,
  linesMax: number,
): Promise<ReadHolds> {
  if (plan.draws.length === 0) return { submissions, oldest: none, sums: none };
  const first = new DrawnHolds(plan.draws, stocks, named);
  for (const { command } of submissions) first.add(command);
  const many = first.many(expired);
  const sums = many.length > 0 ? await sumOldestHolds(tx, many) : none;
  const drawn = new DrawnHolds(plan.draws, stocks, named, sums);
  const withRoom = submissions.slice(0, countWithRoom(submissions, linesMax, orderSizes, drawn));
  const wanted = drawn.wanted(expired);
  const oldest = wanted.length > 0 ? await readOldestHolds(tx, wanted) : none;
  return { submissions: withRoom, oldest, sums };
}
