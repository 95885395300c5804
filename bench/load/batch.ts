import {
  BatchCommandSchema,
  BatchExecuteRequestSchema,
  BatchExecuteResponseSchema,
  BatchResultSchema,
} from '../../src/gen/inventory/v1/commands_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import type { GrpcRpc } from './grpc-rpc.js';
import { type LoadPlan, toldOfReserves } from './plan.js';
import { areRight, type Figures, type ReserveCall } from './reserve.js';
import { decodeReserved, encodeReserve, nested, readFields } from './reserve-wire.js';
import type { CallHead, Workload } from './sender.js';

/** One BatchExecute of this many reserves. */
export interface BatchCall extends CallHead {
  readonly reserves: readonly ReserveCall[];
}

const { commands } = BatchExecuteRequestSchema.field;
const { reserve: reserveOf } = BatchCommandSchema.field;
const { results } = BatchExecuteResponseSchema.field;
const { reserve: reserved } = BatchResultSchema.field;

export const batchExecuteRpc: GrpcRpc<BatchCall, readonly Figures[]> = {
  method: InventoryService.method.batchExecute,
  encode: ({ reserves }) =>
    Buffer.concat(
      reserves.map((reserve) => nested(commands.number, nested(reserveOf.number, encodeReserve(reserve)))),
    ),
  decode: (message) => {
    const stocks: Figures[] = [];
    readFields(message, (field, result) => {
      if (field !== results.number || !Buffer.isBuffer(result))
        throw new Error(`a field ${field} in an answer`);
      readFields(result, (of, outcome) => {
        if (of === reserved.number && Buffer.isBuffer(outcome)) stocks.push(decodeReserved(outcome));
        else throw new Error(`a reserve was answered: ${outcome}`);
      });
    });
    return stocks;
  },
};

/** Batches of reserves, each of which must be granted. */
export function batches(
  { orderLines }: LoadPlan,
  { next }: Pick<Workload<ReserveCall, Figures>, 'next'>,
): Workload<BatchCall, readonly Figures[]> {
  let granted = 0;
  return {
    linesPerCall: orderLines,
    next: () => {
      const reserves = Array.from({ length: orderLines }, next);
      return { reserves, reference: reserves[0]!.reference, idempotencyKey: undefined };
    },
    judge: ({ reserves }, answer) => {
      const right =
        answer.ok &&
        answer.granted.length === reserves.length &&
        answer.granted.every((stock, i) => areRight(reserves[i]!.id, stock));
      if (!right) throw new Error(`a batch was answered: ${JSON.stringify(answer)}`);
      granted += reserves.length;
      return 'granted';
    },
    told: () => toldOfReserves(granted, 1),
  };
}
