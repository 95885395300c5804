import { expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { checkedFetch } from '../support/openapi/checked-fetch.js';

/** REST callers are told of fields by the names that they wrote, even if the body is a single field of the request. */

const test = base.extend('records', [{ id: 'inv_1', onHandQty: 8, reservedQty: 5 }]);

const text = 'must be a string of valid Unicode';
const integer = 'must be an integer from -2147483648 to 2147483647';
test.for<[path: string, body: unknown, status: number, told: object]>([
  ['inv_1', { location: 1 }, 400, { message: `Malformed request: location: ${text}` }],
  ['inv_1', { reorderLevel: 'x' }, 400, { message: `Malformed request: reorderLevel: ${integer}` }],
  ['inv_1', { reorderLevel: -1 }, 422, { errors: { reorderLevel: 'must be greater than or equal to 0' } }],
  ['inv_1?updateMask=%2C', {}, 400, { message: expect.stringMatching(/^Malformed request: updateMask: /) }],
  ['inv_1/reserve', { qty: 'x' }, 400, { message: `Malformed request: qty: ${integer}` }],
])('PATCH /v1/inventory/%s %j: %d %j', async ([path, body, status, told], { service, merchant }) => {
  const response = await checkedFetch(`${service.httpUrl}/v1/inventory/${path}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${merchant.token}`,
      'x-merchantapikey': merchant.apiKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(told);
});
