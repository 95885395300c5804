import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { MerchantSettings } from '../../service/merchant-settings.js';
import { change } from './change.js';
import type { Operation } from './operation.js';

/** The RPC that changes a merchant's settings. */
export function settingsOperations(service: MerchantSettings): Operation[] {
  return [
    change(
      'can_manage_inventory',
      InventoryService.method.updateSettings,
      (call, request) => service.update(call, request),
      ({ settings }) => ({ settings }),
    ),
  ];
}
