import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchExecuteResponseSchema } from '../../../../src/gen/inventory/v1/commands_pb.js';
import { ReserveResponseSchema } from '../../../../src/gen/inventory/v1/reservations_pb.js';
import { encodeBinary, writeMessage } from '../../../../src/transport/messages/encode.js';
import { WireWriter } from '../../../../src/transport/messages/wire-writer.js';
import { NestedSchema } from '../../../gen/transcoding/v1/everything_pb.js';

const int32 = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 300 }));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme-ascii', minLength: 60, maxLength: 70 }),
  fc.string({ unit: 'binary', minLength: 100, maxLength: 20_000 }),
);
const line = fc.record({ id: text, requested: int32, reserved: int32 }, { requiredKeys: [] });
const stock = fc.record(
  {
    id: text,
    onHandQty: int32,
    reservedQty: int32,
    availableQty: int32,
    expiresAt: fc.record({ seconds: int64, nanos: int32 }, { requiredKeys: [] }),
    line,
  },
  { requiredKeys: [] },
);
const results = fc.array(
  fc.record(
    {
      replayed: fc.boolean(),
      outcome: fc.oneof(
        fc.record({ case: fc.constant('reserve' as const), value: fc.record({ stock }) }),
        fc.record({
          case: fc.constant('error' as const),
          value: fc.record({ code: int32, message: text, details: fc.constant([]) }),
        }),
      ),
    },
    { requiredKeys: [] },
  ),
);

describe('as the library writes it', () => {
  test('answers to many commands', () => {
    fc.assert(
      fc.property(results, (init) => {
        const message = create(BatchExecuteResponseSchema, { results: init } as MessageInitShape<
          typeof BatchExecuteResponseSchema
        >);
        const written = Buffer.from(toBinary(BatchExecuteResponseSchema, message));
        expect(encodeBinary(BatchExecuteResponseSchema, message).equals(written)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('a message with a list of numbers, which the library writes', () => {
    const message = create(NestedSchema, { stringField: 'a', int32List: [1, -1, 300] });
    expect(encodeBinary(NestedSchema, message)).toEqual(Buffer.from(toBinary(NestedSchema, message)));
  });
});

test('a message is written behind what is there, and what is taken stays as it is', () => {
  const writer = new WireWriter();
  const message = create(ReserveResponseSchema, { stock: { id: 'x', onHandQty: 5 } });
  const written = Buffer.from(toBinary(ReserveResponseSchema, message));
  writer.byte(7);
  writeMessage(writer, ReserveResponseSchema, message);
  const first = writer.take();
  writeMessage(writer, ReserveResponseSchema, message);
  expect(first).toEqual(Buffer.concat([Buffer.of(7), written]));
  expect(writer.take()).toEqual(written);
});
