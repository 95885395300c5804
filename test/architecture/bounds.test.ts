import { create, type DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { TTL_SECONDS_MAX } from '../../src/cli/merchant.js';
import { QTY_MAX } from '../../src/domain/stock.js';
import { AdjustRequestSchema } from '../../src/gen/inventory/v1/adjustments_pb.js';
import { CreateInventoryRequestSchema } from '../../src/gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { ReserveRequestSchema } from '../../src/gen/inventory/v1/reservations_pb.js';
import { UpdateSettingsRequestSchema } from '../../src/gen/inventory/v1/settings_pb.js';
import { WatchInventoryRequestSchema } from '../../src/gen/inventory/v1/watch_pb.js';
import { readAttributes } from '../../src/service/import/rows/attributes.js';
import { readReceipt } from '../../src/service/import/rows/receipt.js';
import { RECORD_ID, recordIdProblem, TAKEN_IDS } from '../../src/service/record-id.js';
import { WATCHED_RECORDS_MAX } from '../../src/service/watch/watch-failed.js';
import { readHttpRules } from '../../src/transcoding/rules/http-rules.js';
import { readingsOf } from '../../src/transcoding/rules/request-path.js';
import { idempotencyKeyOf } from '../../src/transport/dispatch/idempotency-key.js';
import { boundsOf, rulesOf } from '../../tools/openapi/rules.js';

/** The protos define the bounds of calls. Imported files and the command line must have the same. */
const rules = (message: DescMessage, name: string) =>
  rulesOf(message.fields.find(({ jsonName }) => jsonName === name)!);
const maxLength = (message: DescMessage, name: string) =>
  Number(boundsOf(rules(message, name), 'string').maxLen);

describe('the import', () => {
  const line = { productId: 'p', warehouseId: 'w', qty: '1' };

  test.each([
    ...['productId', 'skuId', 'warehouseId', 'warehouseName', 'location'].map(
      (column) => [column, CreateInventoryRequestSchema] as const,
    ),
    ['reference', AdjustRequestSchema] as const,
    ['notes', AdjustRequestSchema] as const,
  ])('takes as many characters of %s as a call', (column, message) => {
    const max = maxLength(message, column);
    expect(readReceipt({ ...line, [column]: 'é'.repeat(max) })).not.toBeInstanceOf(Array);
    expect(readReceipt({ ...line, [column]: 'é'.repeat(max + 1) })).toMatchObject([{ column }]);
  });

  test.each(['reorderLevel', 'reorderQty'])('takes units of %s within the bounds of a call', (column) => {
    const { gte } = boundsOf(rules(CreateInventoryRequestSchema, column), 'int32');
    expect(gte).toBe(0);
    for (const units of [gte, QTY_MAX]) {
      expect(readReceipt({ ...line, [column]: units })).not.toBeInstanceOf(Array);
    }
    for (const units of [-1, QTY_MAX + 1]) {
      expect(readReceipt({ ...line, [column]: units })).toMatchObject([{ column }]);
    }
  });

  test('takes as many attributes as a call, of the same length', () => {
    const { maxPairs, keys, values } = rules(CreateInventoryRequestSchema, 'variantAttributes').map!;
    const pairs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, '']));
    const name = Number(boundsOf(keys!, 'string').maxLen);
    const value = Number(boundsOf(values!, 'string').maxLen);
    expect(readAttributes(pairs(Number(maxPairs)))).toBeTypeOf('object');
    expect(readAttributes(pairs(Number(maxPairs) + 1))).toBeTypeOf('string');
    expect(readAttributes({ ['n'.repeat(name)]: 'v'.repeat(value) })).toBeTypeOf('object');
    expect(readAttributes({ ['n'.repeat(name + 1)]: '' })).toBeTypeOf('string');
    expect(readAttributes({ n: 'v'.repeat(value + 1) })).toBeTypeOf('string');
  });
});

test('merchant set takes times to live up to the same bound', () => {
  expect(boundsOf(rules(UpdateSettingsRequestSchema, 'defaultTtlSeconds'), 'int32').lte).toBe(
    TTL_SECONDS_MAX,
  );
});

test('new records have ids that calls can name', () => {
  expect(boundsOf(rules(AdjustRequestSchema, 'id'), 'string').pattern).toBe(RECORD_ID.source);
  const { pattern, notIn } = boundsOf(rules(CreateInventoryRequestSchema, 'id'), 'string');
  expect(pattern).toBe(RECORD_ID.source);
  expect(notIn).toEqual(['.', '..', ...TAKEN_IDS.keys()]);
  for (const id of notIn as string[]) expect(recordIdProblem(id)).toMatch(/^must not be/);
});

test('no new record has an id whose paths lead elsewhere', () => {
  const { bindings, tree } = readHttpRules([InventoryService]);
  const ofRecords = bindings.filter(({ template }) => template.source.startsWith('/v1/inventory/{id}'));
  expect(ofRecords.length).toBeGreaterThan(5);
  const next = bindings.map(({ template }) => /^\/v1\/inventory\/([^/{]+)/.exec(template.source)?.[1]);
  const taken = new Map<string, string>();
  for (const id of new Set(next.filter((literal) => literal !== undefined))) {
    for (const binding of ofRecords) {
      const path = binding.template.source.replace('{id}', id);
      const [reading] = readingsOf(path);
      if (tree.find(binding.httpMethod, reading!) !== binding) taken.set(id, path);
    }
  }
  expect(taken).toEqual(TAKEN_IDS);
});

test('the header of an idempotency key takes what the field does', () => {
  const { maxLen, pattern } = boundsOf(rules(ReserveRequestSchema, 'idempotencyKey'), 'string');
  const request = create(ReserveRequestSchema);
  const field = new RegExp(String(pattern), 'u');
  const max = Number(maxLen);
  for (const key of ['k', 'a b', '', ' k', 'k ', 'é', '\x7f', 'k'.repeat(max), 'k'.repeat(max + 1)]) {
    const isKey = field.test(key) && key.length <= max;
    expect(idempotencyKeyOf(request, key), key).toEqual(isKey ? key : expect.anything());
    expect(typeof idempotencyKeyOf(request, key), key).toBe(isKey ? 'string' : 'object');
  }
});

test('each request that changes something has the same key', () => {
  const keyed = InventoryService.methods.filter(({ input }) => 'idempotencyKey' in input.field);
  expect(keyed.length).toBeGreaterThan(5);
  const own = rules(ReserveRequestSchema, 'idempotencyKey');
  for (const { input } of keyed) expect(rules(input, 'idempotencyKey'), input.name).toEqual(own);
});

test('a watch by product follows as many records as one by ids', () => {
  expect(Number(rules(WatchInventoryRequestSchema, 'ids').repeated?.maxItems)).toBe(WATCHED_RECORDS_MAX);
});
