import { create, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InventoryService } from '../../../../src/gen/inventory/v1/inventory_service_pb.js';
import { nativeRegexMatch } from '../../../../src/transport/dispatch/native-regex.js';
import { quickCheck } from '../../../../src/transport/dispatch/quick-check.js';

const validator = createValidator({ regexMatch: nativeRegexMatch() });

const quick = InventoryService.methods.flatMap(({ name, input }) => {
  const check = quickCheck(input);
  return check === undefined ? [] : [{ name, input, check }];
});

const text = fc.oneof(
  fc.constantFrom('', 'inv_1', 'a b', ' key', 'k\0', '😀'.repeat(70), 'x'.repeat(64), 'x'.repeat(65)),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 120, maxLength: 1030 }),
);
const number = fc.oneof(
  fc.constantFrom(-1, 0, 1, 100, 101, 2_592_000, 2_592_001, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** Any message of the schema, right or wrong. */
function anyOf(schema: DescMessage): fc.Arbitrary<Message> {
  const fields = schema.fields.map(({ localName, scalar }): [string, fc.Arbitrary<unknown>] => [
    localName,
    scalar === ScalarType.STRING ? text : scalar === ScalarType.BOOL ? fc.boolean() : number,
  ]);
  return fc
    .record(Object.fromEntries(fields), { requiredKeys: [] })
    .map((init) => create(schema, init as Record<string, never>));
}

describe('what it lets pass, the validator lets pass', () => {
  test.each(quick)('$name', ({ input, check }) => {
    fc.assert(
      fc.property(anyOf(input), (message) => {
        if (check(message)) expect(validator.validate(input, message).kind).toBe('valid');
      }),
      { numRuns: 200 },
    );
  });
});

test('the commonest commands are among those that it knows', () => {
  const names = quick.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['Reserve', 'Release', 'Confirm']));
});

test('it lets pass what most callers send', () => {
  const { input, check } = quick.find(({ name }) => name === 'Reserve')!;
  const request = {
    id: 'inv_1',
    qty: 1,
    reference: 'order 1',
    notes: '',
    ttlSeconds: 60,
    idempotencyKey: 'k-1',
  };
  expect(check(create(input, request))).toBe(true);
});
