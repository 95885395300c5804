import type { Transaction } from '../../store/connection/transaction.js';
import type { Blocked } from '../scheduler/entry.js';
import type { Claim } from '../scheduler/executor.js';
import type { Submission } from '../submission.js';
import { countWithRoom, type FoundSizes } from './batch-room.js';
import { findRefused } from './blocked.js';
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

/** What to lock and read, for the commands that have room. */
export interface PlannedBatch {
  /** The commands that have room, from the first on. */
  readonly taken: readonly Submission[];
  /** Those of them that were found to need a record that another batch of this process has. */
  readonly refused: ReadonlyMap<Submission, Blocked>;
  /** Those that have room and were not refused. */
  readonly submissions: readonly Submission[];
  readonly plan: FetchPlan;
  readonly wanted: WantedRecords;
  readonly sizes: FoundSizes;
}

const noSizes: FoundSizes = new Map();
export const noneBlocked: ReadonlyMap<Submission, Blocked> = new Map();

/**
 * `claim` may refuse records that commands are found to need; without it, none is refused. Returns a promise only if
 * there are records to look for. Otherwise, the locks can be sent together with START TRANSACTION.
 */
export function planBatch(
  tx: Transaction,
  submissions: readonly Submission[],
  linesMax: number,
  claim?: Claim,
): PlannedBatch | Promise<PlannedBatch> {
  const plan = planFetch(submissions);
  if (!namesAllRecords(plan)) return planWithLook(tx, plan, submissions, linesMax, claim);
  return plannedAsNamed(submissions, plan);
}

/** The plan for commands that name all records that they may change. */
export function plannedAsNamed(submissions: readonly Submission[], plan: FetchPlan): PlannedBatch {
  return {
    taken: submissions,
    refused: noneBlocked,
    submissions,
    plan,
    wanted: asNamed(plan),
    sizes: noSizes,
  };
}

async function planWithLook(
  tx: Transaction,
  plan: FetchPlan,
  submissions: readonly Submission[],
  linesMax: number,
  claim: Claim | undefined,
): Promise<PlannedBatch> {
  const looks = submissions.filter(isLookedFor).length;
  const before = await lookForRecords(tx, plan, looks);
  if (before.incomplete) {
    const first = upToSecondLook(submissions);
    return planWithLook(tx, planFetch(first), first, linesMax, claim);
  }
  const { sizes } = before;
  const withRoom = submissions.slice(0, countWithRoom(submissions, linesMax, sizes));
  const kept = withRoom.length < submissions.length ? planFetch(withRoom) : plan;
  const wanted = wantedRecords(kept, before);
  const refused = claim === undefined ? noneBlocked : findRefused(withRoom, claim, wanted);
  if (refused.size === 0)
    return { taken: withRoom, submissions: withRoom, refused, plan: kept, wanted, sizes };
  const others = withRoom.filter((submission) => !refused.has(submission));
  const left = planFetch(others);
  return {
    taken: withRoom,
    submissions: others,
    refused,
    plan: left,
    wanted: wantedRecords(left, before),
    sizes,
  };
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
