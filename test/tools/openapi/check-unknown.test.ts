import { expect, test } from 'vitest';
import { unknownParts } from '../../support/openapi/check-unknown.js';
import { OpenApiDocument } from '../../support/openapi/document.js';
import { findOperation } from '../../support/openapi/routes.js';

const document = OpenApiDocument.read();

test.each<[method: string, target: string, body: object | string | undefined, unknown: string[]]>([
  ['PATCH', '/v1/inventory/i/reserve', { qty: 1, reference: 'A', ttlSeconds: 9, allowPartial: true }, []],
  ['PATCH', '/v1/inventory/i/reserve', { qty: 1, ttl_seconds: 9 }, []],
  ['PATCH', '/v1/inventory/i/reserve', { qty: 1, expiry: 9 }, ['field expiry']],
  // It is in the path, so it is ignored here.
  ['PATCH', '/v1/inventory/i/reserve', { qty: 1, id: 'i' }, ['field id']],
  ['PATCH', '/v1/inventory/i/reserve?qty=1', { qty: 1 }, ['query qty']],
  ['PATCH', '/v1/inventory/i/reserve', '{', []],
  ['PATCH', '/v1/inventory/i?update_mask=location', { location: 'A' }, []],
  ['PATCH', '/v1/inventory/i', { variantAttributes: { any: 'name' } }, []],
  ['PATCH', '/v1/inventory/i', { onHandQty: 1 }, ['field onHandQty']],
  [
    'POST',
    '/v1/orders/A/reserve',
    {
      lines: [
        { id: 'i', qty: 1 },
        { id: 'i', action: 1 },
      ],
    },
    ['field action'],
  ],
  ['GET', '/v1/inventory/logs?limit=1&pageToken=x&action=SOLD', undefined, []],
  ['GET', '/v1/inventory/logs?limit=1&sort=date', undefined, ['query sort']],
])('%s %s %j: %j', (method, target, body, unknown) => {
  const found = findOperation(document, method, target.split('?')[0]!);
  if (found.kind !== 'operation') throw new Error('there is no such operation');
  const requestBody = typeof body === 'string' ? body : JSON.stringify(body);
  const exchange = {
    method,
    target,
    requestHeaders: {},
    requestBody,
    status: 200,
    responseHeaders: {},
    responseBody: '',
  };
  expect(unknownParts(document, found.operation, exchange)).toEqual(unknown);
});
