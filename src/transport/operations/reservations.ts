import { create } from '@bufbuild/protobuf';
import type { StockSuccess } from '../../domain/outcome.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import {
  type ConfirmRequest,
  ConfirmResponseSchema,
  type ReleaseRequest,
  ReleaseResponseSchema,
  type ReserveRequest,
  ReserveResponseSchema,
} from '../../gen/inventory/v1/reservations_pb.js';
import type { Result } from '../../service/commands.js';
import type { Reservations } from '../../service/reservations.js';
import { stockLevelOf } from '../messages/stock.js';
import type { Operation, Reply } from './operation.js';

/** The RPCs that hold units of one record and let them go. */
export function reservationOperations(reservations: Reservations): Operation[] {
  const { reserve, release, confirm } = InventoryService.method;
  const update = { permission: 'can_update_inventory', changes: true } as const;
  return [
    {
      ...update,
      method: reserve,
      handle: async (call, request) =>
        stockReply(await reservations.reserve(call, request as ReserveRequest), ReserveResponseSchema),
    },
    {
      ...update,
      method: release,
      handle: async (call, request) =>
        stockReply(await reservations.release(call, request as ReleaseRequest), ReleaseResponseSchema),
    },
    {
      ...update,
      method: confirm,
      handle: async (call, request) =>
        stockReply(await reservations.confirm(call, request as ConfirmRequest), ConfirmResponseSchema),
    },
  ];
}

function stockReply(
  result: Result<StockSuccess>,
  schema: typeof ReserveResponseSchema | typeof ReleaseResponseSchema | typeof ConfirmResponseSchema,
): Reply {
  if (!result.ok) return result;
  const message = create(schema, { stock: stockLevelOf(result.success) });
  return { ok: true, message, replayed: result.replayed };
}
