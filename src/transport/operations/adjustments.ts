import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { AdjustmentLine } from '../../domain/command.js';
import type { AdjustmentAction } from '../../domain/movement.js';
import type { AdjustedStock } from '../../domain/outcome.js';
import {
  AdjustRequest_Action as Action,
  type AdjustRequest,
  AdjustResponseSchema,
  type BatchAdjustRequest,
  BatchAdjustResponseSchema,
} from '../../gen/inventory/v1/adjustments_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Records } from '../../service/records.js';
import { stockLevel } from '../messages/stock.js';
import { type Operation, refuse } from './operation.js';

/** The RPCs that change units on hand. */
export function adjustmentOperations(records: Records): Operation[] {
  const { adjust, batchAdjust } = InventoryService.method;
  const update = { permission: 'can_update_inventory', changes: true } as const;
  return [
    {
      ...update,
      method: adjust,
      handle: async (call, message) => {
        const result = await records.adjust(call, adjustmentLine(message as AdjustRequest));
        if (!result.ok) return result;
        const stock = adjustedMessage(result.success.adjusted[0]!);
        return { ok: true, message: create(AdjustResponseSchema, { stock }), replayed: result.replayed };
      },
    },
    {
      ...update,
      method: batchAdjust,
      handle: async (call, message) => {
        const request = message as BatchAdjustRequest;
        const keyed = request.lines.findIndex((line) => line.idempotencyKey !== undefined);
        if (keyed >= 0) {
          const field = `lines[${keyed}].idempotencyKey`;
          const description = 'must not be given in a line: the batch has one key';
          return refuse({ reason: 'VALIDATION_FAILED', violations: [{ field, description }] });
        }
        const lines = request.lines.map(adjustmentLine);
        const result = await records.batchAdjust(call, lines);
        if (!result.ok) return result;
        const stock = result.success.adjusted.map(adjustedMessage);
        return {
          ok: true,
          message: create(BatchAdjustResponseSchema, { stock }),
          replayed: result.replayed,
        };
      },
    },
  ];
}

/** Validation has let only the named actions through. */
const actions: Readonly<Record<Action, AdjustmentAction | undefined>> = {
  [Action.ACTION_UNSPECIFIED]: undefined,
  [Action.RECEIVED]: 'RECEIVED',
  [Action.SOLD]: 'SOLD',
  [Action.ADJUSTED]: 'ADJUSTED',
  [Action.DAMAGED]: 'DAMAGED',
  [Action.RETURNED]: 'RETURNED',
};

function adjustmentLine({
  id,
  qty,
  action,
  reference,
  notes,
  expectedOnHandQty,
}: AdjustRequest): AdjustmentLine {
  return { id, qty, action: actions[action]!, reference, notes, expectedOnHandQty };
}

function adjustedMessage(adjusted: AdjustedStock) {
  const { productId, warehouseId, warehouseName, lastAdjustedAtMs, lastAdjustedBy } = adjusted;
  return {
    ...stockLevel(adjusted),
    productId,
    warehouseId,
    warehouseName,
    lastStockAdjusted: timestampFromMs(lastAdjustedAtMs),
    lastAdjustedBy,
  };
}
