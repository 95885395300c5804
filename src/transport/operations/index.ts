import type { MerchantSettings } from '../../service/merchant-settings.js';
import type { Orders } from '../../service/orders.js';
import type { Reads } from '../../service/reads/reads.js';
import type { Records } from '../../service/records.js';
import type { Reservations } from '../../service/reservations.js';
import { adjustmentOperations } from './adjustments.js';
import type { Operation } from './operation.js';
import { orderReadOperations } from './order-reads.js';
import { orderOperations } from './orders.js';
import { readOperations } from './reads.js';
import { recordOperations } from './records.js';
import { reservationOperations } from './reservations.js';
import { settingsOperations } from './settings.js';

/** The use cases behind the doors. */
export interface UseCases {
  readonly reservations: Reservations;
  readonly orders: Orders;
  readonly records: Records;
  readonly settings: MerchantSettings;
  readonly reads: Reads;
}

/** The RPCs of inventory.v1.InventoryService: messages in, use case, messages out. */
export function inventoryOperations(use: UseCases): Operation[] {
  return [
    ...reservationOperations(use.reservations),
    ...orderOperations(use.orders),
    ...adjustmentOperations(use.records),
    ...recordOperations(use.records),
    ...settingsOperations(use.settings),
    ...orderReadOperations(use.reads),
    ...readOperations(use.reads),
  ];
}
