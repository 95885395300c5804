import { answerParent } from '../answer-parent.js';
import { drive } from './drive.js';
import { GrpcSender } from './grpc-sender.js';
import { type LoadPlan, recordId, SOLD_OUT_ID } from './plan.js';
import { RestSender } from './rest-sender.js';
import type { Call } from './sender.js';

/** The load generator: a process of its own, the same for every side that has a door. */
answerParent({
  run: (plan: LoadPlan) =>
    drive(plan, callsOf(plan), (onError) => {
      if (plan.door === 'rest') return new RestSender(plan.address, plan.headers, onError);
      const inFlight = plan.arrival.kind === 'closed' ? plan.arrival.inFlight : Number.POSITIVE_INFINITY;
      return new GrpcSender(plan.address, plan.headers, inFlight, onError);
    }),
});

let orders = 0;

function callsOf({ records, soldOutShare, idempotencyKeys }: LoadPlan): () => Call {
  const ids = Array.from({ length: records }, (_, index) => recordId(index));
  return () => {
    const order = ++orders;
    const soldOut = soldOutShare > 0 && Math.random() < soldOutShare;
    return {
      id: soldOut ? SOLD_OUT_ID : ids[Math.floor(Math.random() * records)]!,
      reference: `ORD-${order}`,
      idempotencyKey: idempotencyKeys ? `key-${order}` : undefined,
    };
  };
}
