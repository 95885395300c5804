import type { Transaction } from '../../store/connection/transaction.js';
import {
  type HoldRow,
  type OldestQty,
  readNewestHolds,
  readOldestHolds,
  sumOldestHolds,
} from '../../store/tables/holds.js';
import type { StockRow } from '../../store/tables/stock-levels.js';
import type { Submission } from '../submission.js';
import { countWithRoom } from './batch-room.js';
import { CutHolds } from './cut-holds.js';
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
  readonly newest: readonly HoldRow[];
  /** Only for records where some command would draw on many holds. */
  readonly sums: readonly OldestQty[];
}

const none: never[] = [];

/**
 * Reads the holds that commands need without naming them, for as many commands as have room: the oldest for draws
 * without a reference, the newest for units that are missing. If a draw would need many, their sum is read first: most
 * draws that are too large for all of them are refused by that alone.
 */
export async function readDrawnHolds(
  tx: Transaction,
  { plan, submissions, sizes }: Pick<PlannedBatch, 'plan' | 'submissions' | 'sizes'>,
  { stocks, named, expired }: Locked,
  linesMax: number,
): Promise<ReadHolds> {
  const { draws, cuts } = plan;
  if (draws.length === 0 && cuts.length === 0) return { submissions, oldest: none, newest: none, sums: none };
  // For all commands: a draw that is refused by the sums needs no room, so which have room is known only afterwards.
  const first = new DrawnHolds(draws, stocks, named);
  for (const { command } of submissions) first.add(command);
  const many = first.many(expired);
  const sums = many.length > 0 ? await sumOldestHolds(tx, many) : none;
  const drawn = new DrawnHolds(draws, stocks, named, sums);
  const cut = new CutHolds(cuts, stocks);
  const withRoom = submissions.slice(0, countWithRoom(submissions, linesMax, sizes, [drawn, cut]));
  const wantedOldest = drawn.wanted(expired);
  const wantedNewest = cut.wanted(expired);
  const [oldest, newest] = await Promise.all([
    wantedOldest.length > 0 ? readOldestHolds(tx, wantedOldest) : none,
    wantedNewest.length > 0 ? readNewestHolds(tx, wantedNewest) : none,
  ]);
  return { submissions: withRoom, oldest, newest, sums };
}
