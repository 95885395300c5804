import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CreateInventoryRequestSchema } from '../../../../src/gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../../../src/gen/inventory/v1/inventory_service_pb.js';
import { ReserveRequestSchema } from '../../../../src/gen/inventory/v1/reservations_pb.js';
import { decodeBinary } from '../../../../src/transport/dispatch/decode.js';
import { type Everything, EverythingSchema } from '../../../gen/transcoding/v1/everything_pb.js';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
// The library takes a byte order mark off the head of a text.
const text = fc.string({ unit: 'grapheme' }).filter((t) => !t.startsWith('\ufeff'));
const key = text.filter((t) => t !== '__proto__');
const double = fc.double({ noNaN: true });
const bytes = fc.uint8Array({ maxLength: 40 });
const nested = fc.record(
  { stringField: text, int64Field: int64, int32List: fc.array(int32) },
  { requiredKeys: [] },
);

const everything = fc.record(
  {
    stringField: text,
    int32Field: int32,
    int64Field: int64,
    uint32Field: uint32,
    uint64Field: uint64,
    doubleField: double,
    floatField: double.map(Math.fround),
    boolField: fc.boolean(),
    bytesField: bytes,
    enumField: int32,
    optionalField: int32,
    stringList: fc.array(text),
    int32List: fc.array(int32),
    enumList: fc.array(int32),
    nestedList: fc.array(nested),
    stringMap: fc.dictionary(key, text),
    nestedMap: fc.dictionary(key, nested),
    nested,
    recursive: fc.record({ boolField: fc.boolean(), nested }),
    choice: fc.oneof(
      text.map((value) => ({ case: 'choiceText', value })),
      nested.map((value) => ({ case: 'choiceNested', value })),
    ),
    timestamp: fc.record({ seconds: int64, nanos: int32 }),
    sint32Field: int32,
    sint64Field: int64,
    fixed32Field: uint32,
    fixed64Field: uint64,
    sfixed32Field: int32,
    sfixed64Field: int64,
    optionalString: text,
    boolList: fc.array(fc.boolean()),
    doubleList: fc.array(double),
    bytesList: fc.array(bytes),
    int64List: fc.array(int64),
    int32Map: fc.dictionary(int32.map(String), text),
    boolMap: fc.dictionary(fc.constantFrom('true', 'false'), int32),
  },
  { requiredKeys: [] },
);

describe('what the library writes is read as the library reads it', () => {
  test('any message', () => {
    fc.assert(
      fc.property(everything, (init) => {
        const written = toBinary(
          EverythingSchema,
          create(EverythingSchema, init as MessageInitShape<typeof EverythingSchema>),
        );
        expect(decodeBinary(EverythingSchema, written)).toEqual(fromBinary(EverythingSchema, written));
      }),
    );
  });

  test('one message after the other in the same bytes: fields are added to, or replaced', () => {
    fc.assert(
      fc.property(everything, everything, (one, other) => {
        const parts = Buffer.concat(
          [one, other].map((init) =>
            toBinary(EverythingSchema, create(EverythingSchema, init as Everything)),
          ),
        );
        const written = new Uint8Array(parts);
        expect(decodeBinary(EverythingSchema, written)).toEqual(fromBinary(EverythingSchema, written));
      }),
    );
  });

  test('no bytes are a fault of the service', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          decodeBinary(EverythingSchema, noise);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UnreadableRequest' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('no request has a field of a kind that is read in another way', () => {
  const seen = new Set(InventoryService.methods.map(({ input }) => input));
  for (const message of seen) {
    for (const field of message.fields) {
      if (field.message === undefined) continue;
      expect(isWrapperDesc(field.message)).toBe(false);
      expect(field.message.typeName).not.toBe('google.protobuf.Struct');
      seen.add(field.message);
    }
  }
});

const ID = [0x0a, 1, 0x61];
const QTY = 0x10;
const REFERENCE = 0x1a;
const PARTIAL = 0x30;
const ff = (count: number): number[] => Array(count).fill(0xff);

test.each<[string, number[], object | string]>([
  ['nothing', [], { id: '', qty: 0 }],
  ['the largest', [QTY, ...ff(4), 7], { qty: 2 ** 31 - 1 }],
  ['one more', [QTY, 0x80, 0x80, 0x80, 0x80, 8], 'out of range'],
  ['the least', [QTY, 0x80, 0x80, 0x80, 0x80, 0xf8, ...ff(4), 1], { qty: -(2 ** 31) }],
  ['one less', [QTY, ...ff(4), 0xf7, ...ff(4), 1], 'out of range'],
  ['-1 in 32 bits', [QTY, ...ff(4), 0xf], 'out of range'],
  ['2³² + 1', [QTY, 0x81, 0x80, 0x80, 0x80, 0x10], 'out of range'],
  ['2⁶³ + 1', [QTY, 0x81, ...Array(8).fill(0x80), 1], 'out of range'],
  ['more than 64 bits', [QTY, ...ff(9), 2], 'out of range'],
  ['eleven bytes', [QTY, ...Array(10).fill(0x80), 0], 'out of range'],
  ['1 in four bytes', [QTY, 0x81, 0x80, 0x80, 0], { qty: 1 }],
  ['a tag of five bytes', [0x90, 0x80, 0x80, 0x80, 0x80, 1], 'out of range'],
  ['yes', [PARTIAL, 1], { allowPartial: true }],
  ['2', [PARTIAL, 2], 'neither 0 nor 1'],
  ['a byte order mark', [REFERENCE, 4, 0xef, 0xbb, 0xbf, 0x41], { reference: '\ufeffA' }],
  ['a text of 40 characters', [REFERENCE, 40, ...Array(40).fill(0x41)], { reference: 'A'.repeat(40) }],
  ['half a surrogate pair', [REFERENCE, 3, 0xed, 0xa0, 0x80], 'not valid UTF-8'],
  ['a slash in two bytes', [REFERENCE, 2, 0xc0, 0xaf], 'not valid UTF-8'],
  ['wrong bytes behind 40', [REFERENCE, 41, ...Array(40).fill(0x41), 0xff], 'not valid UTF-8'],
  ['a text beyond its message', [REFERENCE, 5, 0x41], 'truncated'],
  ['a text as a number', [REFERENCE - 2, 1], 'reference has the wrong wire type'],
  ['a number as a text', [QTY + 2, 1, 1], 'qty has the wrong wire type'],
  ['unknown fields', [0xa0, 6, ...ff(9), 1, 0xa2, 6, 1, 0xff, 0xa3, 6, 8, 1, 0xa4, 6, ...ID], { id: 'a' }],
  ['a group that does not end', [0xa3, 6, 8, 1], 'truncated'],
  ['a group that ends as another', [0xa3, 6, 0xac, 6], 'a group ends that never began'],
  [
    'groups in groups',
    Array(2000)
      .fill(0xa3)
      .flatMap((tag) => [tag, 6]),
    'nested too deep',
  ],
])('%s', (_, wire, expected) => {
  const read = (): object => decodeBinary(ReserveRequestSchema, new Uint8Array(wire));
  if (typeof expected === 'string') expect(read).toThrow(expected);
  else expect(read()).toMatchObject(expected);
});

test('a map has no entry named __proto__, and any other', () => {
  const entry = (key: string): number[] => [
    0x4a,
    key.length + 5,
    0x0a,
    key.length,
    ...Buffer.from(key),
    0x12,
    1,
    0x78,
  ];
  const read = (key: string) => decodeBinary(CreateInventoryRequestSchema, new Uint8Array(entry(key)));
  expect(() => read('__proto__')).toThrow('variantAttributes: must not have a key named __proto__');
  expect(read('constructor')).toMatchObject({ variantAttributes: { constructor: 'x' } });
  expect(read('')).toMatchObject({ variantAttributes: { '': 'x' } });
});
