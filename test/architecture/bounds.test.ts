import type { DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { TTL_SECONDS_MAX } from '../../src/cli/merchant.js';
import { RECORD_ID } from '../../src/cli/record.js';
import { AdjustRequestSchema } from '../../src/gen/inventory/v1/adjustments_pb.js';
import { CreateInventoryRequestSchema } from '../../src/gen/inventory/v1/inventory_record_pb.js';
import { UpdateSettingsRequestSchema } from '../../src/gen/inventory/v1/settings_pb.js';
import { WatchInventoryRequestSchema } from '../../src/gen/inventory/v1/watch_pb.js';
import { readAttributes } from '../../src/service/import/rows/attributes.js';
import { readReceipt } from '../../src/service/import/rows/receipt.js';
import { WATCHED_RECORDS_MAX } from '../../src/service/watch/watch-failed.js';
import { boundsOf, rulesOf } from '../../tools/openapi/rules.js';

/** What files and commands may say is bounded as in calls, which the protos bound. */
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
  ])('takes as many characters of %s', (column, message) => {
    const max = maxLength(message, column);
    expect(readReceipt({ ...line, [column]: 'é'.repeat(max) })).not.toBeInstanceOf(Array);
    expect(readReceipt({ ...line, [column]: 'é'.repeat(max + 1) })).toMatchObject([{ column }]);
  });

  test('takes as many attributes, as long', () => {
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

test('merchant set takes as long a time', () => {
  expect(boundsOf(rules(UpdateSettingsRequestSchema, 'defaultTtlSeconds'), 'int32').lte).toBe(
    TTL_SECONDS_MAX,
  );
});

test('record create makes ids that calls can name', () => {
  expect(boundsOf(rules(AdjustRequestSchema, 'id'), 'string').pattern).toBe(RECORD_ID.source);
});

test('a watch by product follows as many records as one by ids', () => {
  expect(Number(rules(WatchInventoryRequestSchema, 'ids').repeated?.maxItems)).toBe(WATCHED_RECORDS_MAX);
});
