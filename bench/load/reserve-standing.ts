import { reserveOrderRpc } from './grpc-order-rpcs.js';
import { GrpcSender } from './grpc-sender.js';
import type { LoadPlan, StandingOrder } from './plan.js';
import { orders } from './workload.js';

/** Many more than there are callers, since each order is in one call at a time. */
const STANDING_ORDERS = 2048;
const IN_FLIGHT = 256;

/** Reserves orders that the calls of a turn will then change. Nothing of it is measured. */
export function reserveStanding(plan: LoadPlan): Promise<StandingOrder[]> {
  const { addresses, headers, orderLines } = plan;
  const { next, judge } = orders(plan, orderLines);
  return new Promise((resolve, reject) => {
    const sender = new GrpcSender(reserveOrderRpc, addresses, headers, IN_FLIGHT, reject);
    const reserved: StandingOrder[] = [];
    let sent = 0;
    const reserveNext = (): void => {
      if (sent === STANDING_ORDERS) return;
      sent++;
      const call = next();
      sender.send(call, (answer) => {
        try {
          judge(call, answer);
        } catch (error) {
          reject(error);
          return;
        }
        if (reserved.push({ reference: call.reference, ids: call.ids }) < STANDING_ORDERS) reserveNext();
        else {
          sender.close();
          resolve(reserved);
        }
      });
    };
    for (let i = 0; i < IN_FLIGHT; i++) reserveNext();
  });
}
