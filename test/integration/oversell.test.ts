import { expect } from 'vitest';
import { audit } from '../../src/service/audit.js';
import { test } from '../support/fixtures.js';

test('600 concurrent reserves on 45 units: exactly 45 succeed', async ({ service }) => {
  const { merchantId, apiKey, token } = await service.createMerchant();
  await service.seed(merchantId, { id: 'inv_hot', onHandQty: 50, reservedQty: 5 });
  const answers = await Promise.all(
    Array.from({ length: 600 }, async (_, i) => {
      const response = await fetch(`${service.httpUrl}/v1/inventory/inv_hot/reserve`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${token}`,
          'x-merchantapikey': apiKey,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ qty: 1, reference: `ORD-${i}` }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    }),
  );
  expect(answers.filter((a) => a.status === 200)).toHaveLength(45);
  const rejected = answers.filter((a) => a.status === 400);
  expect(rejected).toHaveLength(555);
  for (const { body } of rejected) {
    expect(body.message).toBe('Cannot reserve 1 unit. Only 0 units are currently available.');
  }
  expect(await audit(service.app.dataSource, { repair: false })).toMatchObject({
    consistent: true,
    drift: [],
  });
});
