import type { Transaction } from '../../store/connection/transaction.js';
import type { Submission } from '../submission.js';
import { countWithRoom, type OrderSizes } from './batch-room.js';
import { type FetchPlan, planFetch } from './fetch-plan.js';
import { orderOf } from './order-of.js';
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
  readonly orderSizes: OrderSizes;
}

const noOrders: OrderSizes = new Map();

/** Returns a promise only if there is something to look for: the locks can leave together with START TRANSACTION. */
export function planBatch(
  tx: Transaction,
  submissions: readonly Submission[],
  linesMax: number,
): PlannedBatch | Promise<PlannedBatch> {
  const plan = planFetch(submissions);
  if (!namesAllRecords(plan)) return planWithLook(tx, plan, submissions, linesMax);
  return { submissions, plan, wanted: asNamed(plan), orderSizes: noOrders };
}

async function planWithLook(
  tx: Transaction,
  plan: FetchPlan,
  submissions: readonly Submission[],
  linesMax: number,
): Promise<PlannedBatch> {
  const before = await lookForRecords(tx, plan);
  if (before.incomplete) {
    const first = upToSecondOrder(submissions);
    return planWithLook(tx, planFetch(first), first, linesMax);
  }
  const { orderSizes } = before;
  const withRoom = submissions.slice(0, countWithRoom(submissions, linesMax, orderSizes));
  const kept = withRoom.length < submissions.length ? planFetch(withRoom) : plan;
  return { submissions: withRoom, plan: kept, wanted: wantedRecords(kept, before), orderSizes };
}

function upToSecondOrder(submissions: readonly Submission[]): readonly Submission[] {
  let orders = 0;
  const second = submissions.findIndex(({ command }) => {
    if (orderOf(command) !== undefined) orders++;
    return orders === 2;
  });
  return submissions.slice(0, second);
}
