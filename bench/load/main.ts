import { answerParent } from '../answer-parent.js';
import { drive } from './drive.js';
import { type GrpcRpc, reserveOrderRpc, reserveRpc } from './grpc-rpc.js';
import { GrpcSender } from './grpc-sender.js';
import type { LoadPlan, LoadResult } from './plan.js';
import { RestSender } from './rest-sender.js';
import type { CallHead, Workload } from './sender.js';
import { orders, reserves } from './workload.js';

/** The load generator: a process of its own, the same for every side that has a door. */
answerParent({
  run: (plan: LoadPlan) => {
    const { door, address, headers, orderLines } = plan;
    if (orderLines > 0 && door === 'rest') throw new Error('orders go through gRPC');
    if (orderLines > 0) return throughGrpc(plan, orders(plan, orderLines), reserveOrderRpc);
    if (door === 'grpc') return throughGrpc(plan, reserves(plan), reserveRpc);
    return drive(plan, reserves(plan), (onError) => new RestSender(address, headers, onError));
  },
});

function throughGrpc<C extends CallHead, G>(
  plan: LoadPlan,
  workload: Workload<C, G>,
  rpc: GrpcRpc<C, G>,
): Promise<LoadResult> {
  const { address, headers, arrival } = plan;
  const inFlight = arrival.kind === 'closed' ? arrival.inFlight : Number.POSITIVE_INFINITY;
  return drive(plan, workload, (onError) => new GrpcSender(rpc, address, headers, inFlight, onError));
}
