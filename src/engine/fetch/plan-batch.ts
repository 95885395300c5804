import type { Transaction } from '../../store/connection/transaction.js';
import type { Submission } from '../submission.js';
import { countWithRoom, type FoundSizes } from './batch-room.js';
import { type FetchPlan, planFetch } from './fetch-plan.js';
import { orderOf } from './order-of.js';
import { sourcedLines } from './sources.js';
import {
  asNamed,
  lookForRecords,
  namesAllRecords,
  type WantedRecords,
  wantedRecords,
} from './wanted-records.js';

/** What is to be locked and read, for the commands that have room. */
export interface PlannedBatch {
  /** The commands that have room, from the first on. */
  readonly submissions: readonly Submission[];
  readonly plan: FetchPlan;
  readonly wanted: WantedRecords;
  readonly sizes: FoundSizes;
}

const noSizes: FoundSizes = new Map();

/** Returns a promise only if there is something to look for: the locks can leave together with START TRANSACTION. */
export function planBatch(
  tx: Transaction,
  submissions: readonly Submission[],
  linesMax: number,
): PlannedBatch | Promise<PlannedBatch> {
  const plan = planFetch(submissions);
  if (!namesAllRecords(plan)) return planWithLook(tx, plan, submissions, linesMax);
  return { submissions, plan, wanted: asNamed(plan), sizes: noSizes };
}

async function planWithLook(
  tx: Transaction,
  plan: FetchPlan,
  submissions: readonly Submission[],
  linesMax: number,
): Promise<PlannedBatch> {
  const looks = submissions.filter(isLookedFor).length;
  const before = await lookForRecords(tx, plan, looks);
  if (before.incomplete) {
    const first = upToSecondLook(submissions);
    return planWithLook(tx, planFetch(first), first, linesMax);
  }
  const { sizes } = before;
  const withRoom = submissions.slice(0, countWithRoom(submissions, linesMax, sizes));
  const kept = withRoom.length < submissions.length ? planFetch(withRoom) : plan;
  return { submissions: withRoom, plan: kept, wanted: wantedRecords(kept, before), sizes };
}

function upToSecondLook(submissions: readonly Submission[]): readonly Submission[] {
  let looks = 0;
  const second = submissions.findIndex((submission) => {
    if (isLookedFor(submission)) looks++;
    return looks === 2;
  });
  return submissions.slice(0, second);
}

/** Whether records of the command are known only to the database. */
function isLookedFor({ command }: Submission): boolean {
  return orderOf(command) !== undefined || sourcedLines(command).length > 0;
}
