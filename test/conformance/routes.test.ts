import { expect, test } from 'vitest';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { MerchantService } from '../../src/gen/merchants/v1/merchant_service_pb.js';
import { createTranscoder } from '../../src/transcoding/index.js';

/** `buf breaking` does not notice when an HTTP path changes, so this test does. Run `vitest -u` if that is intended. */
test('the HTTP routes are the ones that callers know', async () => {
  const { routes } = createTranscoder({
    services: [InventoryService, MerchantService],
    bodyBytesMax: 1,
    writer: { success: (json) => json, fault: () => ({ status: 400, body: '{}' }) },
    handle: () => ({ kind: 'error', status: 500, body: '{}' }),
    onError: () => ({ status: 500, body: '{}' }),
  });
  const lines = routes.map(
    ({ method, template, rpc, body, responseBody }) =>
      `${method} ${template} → ${rpc} (body: ${body || 'none'}, response_body: ${responseBody || 'all'})`,
  );
  await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot('../golden/http-routes.txt');
});
