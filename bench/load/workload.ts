import { judgeOrder, type OrderCall, type OrderGranted } from './order.js';
import { type LoadPlan, recordId, SOLD_OUT_ID } from './plan.js';
import { judgeRead, type ReadCall, type ReadStock } from './read.js';
import { type Figures, judgeReserve, type ReserveCall } from './reserve.js';
import type { CallHead, Workload } from './sender.js';

export function reserves(plan: LoadPlan): Workload<ReserveCall, Figures> {
  const draw = records(plan);
  const { soldOutShare } = plan;
  return {
    linesPerCall: 1,
    next: () => {
      const soldOut = soldOutShare > 0 && Math.random() < soldOutShare;
      return { ...head(plan), id: soldOut ? SOLD_OUT_ID : draw() };
    },
    judge: judgeReserve,
  };
}

export function orders(plan: LoadPlan, lines: number): Workload<OrderCall, OrderGranted> {
  const draw = records(plan);
  return {
    linesPerCall: lines,
    next: () => {
      const ids: string[] = [];
      while (ids.length < lines) {
        const id = draw();
        if (!ids.includes(id)) ids.push(id);
      }
      return { ...head(plan), ids };
    },
    judge: judgeOrder,
  };
}

export function reads(plan: LoadPlan): Workload<ReadCall, ReadStock> {
  const draw = records(plan);
  // Nothing is reserved.
  return { linesPerCall: 0, next: () => ({ ...head(plan), id: draw() }), judge: judgeRead };
}

/** Counts through all plans: references and keys are never used again. */
let calls = 0;

function head({ idempotencyKeys, referencePrefix }: LoadPlan): CallHead {
  const number = ++calls;
  return {
    reference: `${referencePrefix}-${number}`,
    idempotencyKey: idempotencyKeys ? `key-${number}` : undefined,
  };
}

/** Draws records at random. */
function records(plan: LoadPlan): () => string {
  const ids = recordIds(plan);
  return () => ids[Math.floor(Math.random() * ids.length)]!;
}

/** Where calls go to a part of the table, its records are spread evenly over the table. */
export function recordIds({ records, firstRecord, tableRecords }: LoadPlan): string[] {
  const spread = tableRecords - firstRecord;
  return Array.from({ length: records }, (_, i) =>
    recordId(firstRecord + Math.floor((i / records) * spread)),
  );
}
