import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { AdjustmentLine } from '../../domain/command.js';
import type { AdjustmentAction } from '../../domain/movement.js';
import type { AdjustedStock } from '../../domain/outcome.js';
import { AdjustRequest_Action as Action, type AdjustRequest } from '../../gen/inventory/v1/adjustments_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Records } from '../../service/records.js';
import { stockLevel } from '../messages/stock.js';
import { change, invalid } from './change.js';
import type { Operation } from './operation.js';

/** The RPCs that change units on hand. */
export function adjustmentOperations(records: Records): Operation[] {
  const { adjust, batchAdjust, setOnHand } = InventoryService.method;
  const permission = 'can_update_inventory';
  return [
    change(
      permission,
      adjust,
      (call, request) => records.adjust(call, adjustmentLine(request)),
      ({ adjusted }) => ({ stock: adjustedMessage(adjusted[0]!) }),
    ),
    change(
      permission,
      setOnHand,
      (call, { id, qty, reference, notes, expectedOnHandQty, releaseShortfall }) =>
        // Validation requires it.
        records.setOnHand(call, { id, qty: qty!, reference, notes, expectedOnHandQty, releaseShortfall }),
      ({ adjusted }) => ({ stock: adjustedMessage(adjusted[0]!) }),
    ),
    {
      ...change(
        permission,
        batchAdjust,
        (call, { lines }) => {
          const keyed = lines.findIndex((line) => line.idempotencyKey !== undefined);
          if (keyed < 0) return records.batchAdjust(call, lines.map(adjustmentLine));
          const field = `lines[${keyed}].idempotencyKey`;
          return invalid({ field, description: 'must not be given in a line: the batch has one key' });
        },
        ({ adjusted }) => ({ stock: adjusted.map(adjustedMessage) }),
      ),
      isLarge: true,
    },
  ];
}

/** Validation lets only the named actions through. */
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
  releaseShortfall,
}: AdjustRequest): AdjustmentLine {
  return { id, qty, action: actions[action]!, reference, notes, expectedOnHandQty, releaseShortfall };
}

function adjustedMessage(adjusted: AdjustedStock) {
  const {
    productId,
    warehouseId,
    warehouseName,
    lastAdjustedAtMs,
    lastAdjustedBy,
    shortfall = [],
  } = adjusted;
  return {
    ...stockLevel(adjusted),
    productId,
    warehouseId,
    warehouseName,
    lastStockAdjusted: timestampFromMs(lastAdjustedAtMs),
    lastAdjustedBy,
    shortfall: shortfall.map(({ reference, qty }) => ({ qty, ...(reference !== '' && { reference }) })),
  };
}
