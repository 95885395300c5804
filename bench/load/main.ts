import { answerParent } from '../answer-parent.js';
import { batchExecuteRpc, batches } from './batch.js';
import { drive } from './drive.js';
import { ExecuteSender } from './execute-sender.js';
import { extendOrderRpc, moveOrderRpc, reserveOrderRpc, setOrderRpc } from './grpc-order-rpcs.js';
import { type GrpcRpc, getInventoryRpc, reserveRpc } from './grpc-rpc.js';
import { GrpcSender } from './grpc-sender.js';
import type { LoadPlan, LoadResult } from './plan.js';
import { reserveStanding } from './reserve-standing.js';
import { RestSender } from './rest-sender.js';
import type { CallHead, Workload } from './sender.js';
import { extendsOrders, movesOrders, setsOrders } from './standing-workloads.js';
import { WatchedSender } from './watched-sender.js';
import { orders, reads, recordIds, reserves } from './workload.js';

/** The load generator: a process of its own, the same for every side that has a door. Plans may run side by side. */
answerParent({
  reserveStanding,
  run: (plan: LoadPlan) => {
    const { door, addresses, headers, orderLines, call } = plan;
    if (door === 'rest') {
      if (orderLines > 0 || call !== 'reserve') throw new Error('only Reserve goes through REST');
      return drive(plan, reserves(plan), (onError) => new RestSender(addresses, headers, onError));
    }
    if (call === 'extend_order') return throughGrpc(plan, extendsOrders(plan, orderLines), extendOrderRpc);
    if (call === 'set_order') return throughGrpc(plan, setsOrders(plan, orderLines), setOrderRpc);
    if (call === 'move_order') return throughGrpc(plan, movesOrders(plan, orderLines), moveOrderRpc);
    if (call === 'batch') return throughGrpc(plan, batches(plan, reserves(plan)), batchExecuteRpc);
    if (call === 'execute') {
      return drive(plan, reserves(plan), (onError) => new ExecuteSender(addresses, headers, onError));
    }
    if (orderLines > 0) return throughGrpc(plan, orders(plan, orderLines), reserveOrderRpc);
    if (call === 'read') return throughGrpc(plan, reads(plan), getInventoryRpc);
    if (call === 'reserve') return throughGrpc(plan, reserves(plan), reserveRpc);
    return drive(
      plan,
      reserves(plan),
      (onError) => new WatchedSender(addresses, headers, recordIds(plan), inFlightMax(plan), onError),
    );
  },
});

function throughGrpc<C extends CallHead, G>(
  plan: LoadPlan,
  workload: Workload<C, G>,
  rpc: GrpcRpc<C, G>,
): Promise<LoadResult> {
  const { addresses, headers } = plan;
  return drive(
    plan,
    workload,
    (onError) => new GrpcSender(rpc, addresses, headers, inFlightMax(plan), onError),
  );
}

function inFlightMax({ arrival }: LoadPlan): number {
  return arrival.kind === 'closed' ? arrival.inFlight : arrival.inFlightMax;
}
