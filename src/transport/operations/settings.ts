import { create } from '@bufbuild/protobuf';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import {
  type UpdateSettingsRequest,
  UpdateSettingsResponseSchema,
} from '../../gen/inventory/v1/settings_pb.js';
import type { MerchantSettings } from '../../service/merchant-settings.js';
import type { Operation } from './operation.js';

/** The RPC that changes a merchant's settings. */
export function settingsOperations(service: MerchantSettings): Operation[] {
  return [
    {
      method: InventoryService.method.updateSettings,
      permission: 'can_manage_inventory',
      changes: true,
      handle: async (call, request) => {
        const result = await service.update(call, request as UpdateSettingsRequest);
        if (!result.ok) return result;
        const { settings } = result.success;
        return {
          ok: true,
          message: create(UpdateSettingsResponseSchema, { settings }),
          replayed: result.replayed,
        };
      },
    },
  ];
}
