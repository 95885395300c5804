import type { StockSuccess } from '../../domain/outcome.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Reservations } from '../../service/reservations.js';
import { stockLevelOf } from '../messages/stock.js';
import { change } from './change.js';
import type { Operation } from './operation.js';

/** The RPCs that hold units of one record and let them go. */
export function reservationOperations(reservations: Reservations): Operation[] {
  const { reserve, release, confirm, setHold } = InventoryService.method;
  const permission = 'can_update_inventory';
  const answer = (success: StockSuccess) => ({ stock: stockLevelOf(success) });
  return [
    change(permission, reserve, (call, request) => reservations.reserve(call, request), answer),
    change(permission, release, (call, request) => reservations.release(call, request), answer),
    change(permission, setHold, (call, request) => reservations.set(call, request), answer),
    change(permission, confirm, (call, request) => reservations.confirm(call, request), answer),
  ];
}
