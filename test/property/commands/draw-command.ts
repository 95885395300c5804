import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';

/** A command as its caller means it, and the damage to it on the way. */
export interface DrawnCommand {
  /** `reserveOrder` */
  readonly name: string;
  readonly request: JsonObject;
  readonly key: string | undefined;
  /** A change of the request's bytes, where they are protobuf. */
  readonly damage: Damage | undefined;
  /** The damage in JSON: a field gets another value, which may be of the wrong type. */
  readonly strange: { readonly field: number; readonly value: JsonValue } | undefined;
}

interface Damage {
  readonly how: 'cut' | 'flip' | 'insert' | 'drop' | 'append';
  /** The position; beyond the end, counting starts again at the beginning. */
  readonly at: number;
  readonly byte: number;
}

const id = fc.constantFrom(
  ...Array<string>(6).fill('inv_1'),
  'inv_2',
  'inv_2',
  'inv_full',
  'inv_none',
  '',
  'no id',
);
const reference = fc.constantFrom('A', 'A', 'B', 'C', 'ö'.repeat(128));
const qty = fc.constantFrom(1, 1, 2, 3, 5, 100, 0, -1, 2_147_483_647);
const notes = fc.constantFrom('', 'für später', 'x'.repeat(2000));
const ttlSeconds = fc.constantFrom(3600, 7200, 0, 2_592_001);
const byRecord = fc.record({ id, qty });
const bySource = fc.record(
  {
    productId: fc.constantFrom('p1', 'p2', 'none'),
    qty,
    warehouseIds: fc.constantFrom([], ['w1'], ['w2', 'w1']),
    split: fc.boolean(),
  },
  { requiredKeys: ['productId', 'qty'] },
);
const requested = fc.array(fc.oneof({ weight: 3, arbitrary: byRecord }, { weight: 1, arbitrary: bySource }), {
  maxLength: 3,
});
const named = fc.array(byRecord, { maxLength: 2 });

/** The fields of each command: those that it always has, and those that may be left out. */
const requests: Readonly<Record<string, fc.Arbitrary<object>>> = {
  reserve: some(
    { id, qty },
    { reference, notes, ttlSeconds, openEnded: fc.boolean(), allowPartial: fc.boolean() },
  ),
  release: some({ id, qty }, { reference, notes }),
  confirm: some({ id, qty }, { reference, notes }),
  adjust: some(
    {
      id,
      qty: fc.constantFrom(1, -1, -3, 0, 7),
      action: fc.constantFrom('RECEIVED', 'DAMAGED', 'SOLD', 'ADJUSTED'),
    },
    { reference, notes, releaseShortfall: fc.boolean(), expectedOnHandQty: fc.constantFrom(40, 41) },
  ),
  reserveOrder: some({ reference, lines: requested }, { notes, ttlSeconds, allowPartial: fc.boolean() }),
  releaseOrder: some({ reference }, { lines: named, notes }),
  confirmOrder: some({ reference }, { lines: named, notes }),
  setHold: some({ id, qty, reference }, { notes, ttlSeconds, openEnded: fc.boolean() }),
  setOrder: some({ reference, lines: requested }, { notes, ttlSeconds, openEnded: fc.boolean() }),
  extendOrder: some({ reference }, { ttlSeconds, openEnded: fc.boolean() }),
  moveOrder: some({ reference, toReference: reference }, { lines: named, ttlSeconds, notes }),
};

function some(
  always: Record<string, fc.Arbitrary<unknown>>,
  sometimes: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<object> {
  const seldom = fc.record(sometimes, { requiredKeys: [] });
  return fc
    .tuple(
      fc.record(always),
      fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: seldom }),
    )
    .map(([fields, more]) => ({ ...fields, ...more }));
}

const damage = fc.record({
  how: fc.constantFrom<Damage['how'][]>('cut', 'flip', 'insert', 'drop', 'append'),
  at: fc.nat(),
  byte: fc.integer({ min: 0, max: 255 }),
});
const strange = fc.record({
  field: fc.nat(),
  value: fc.constantFrom<JsonValue[]>(
    1.5,
    '1',
    'x',
    null,
    true,
    [],
    {},
    [null],
    2 ** 31,
    -(2 ** 31) - 1,
    1e300,
  ),
});

function rarely<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
}

const drawn: fc.Arbitrary<DrawnCommand[]> = fc.array(
  fc.oneof(
    ...Object.entries(requests).map(([name, request]) =>
      fc.record({
        name: fc.constant(name),
        request: request.map((fields) => fields as JsonObject),
        key: fc.option(fc.constantFrom('key 1', 'key 2', 'key 3', 'key 4'), { nil: undefined, freq: 2 }),
        damage: rarely(damage),
        strange: rarely(strange),
      }),
    ),
  ),
  { minLength: 1, maxLength: 40 },
);

export const commands = drawn.map(withKeysInOrder);

/**
 * Takes the key from commands that share it with an earlier one next to which they may run in either order: the one that
 * comes first gets the key, and on a stream nobody knows which one that is.
 */
function withKeysInOrder(inTurn: readonly DrawnCommand[]): DrawnCommand[] {
  const owners = new Map<string, string | undefined>();
  return inTurn.map((command) => {
    const { key } = command;
    if (key === undefined) return command;
    const needs = neededBy(command);
    if (!owners.has(key)) {
      owners.set(key, needs);
      return command;
    }
    return needs !== undefined && needs === owners.get(key) ? command : { ...command, key: undefined };
  });
}

/** Commands that need the same run in order. Undefined: a damaged one may need anything. */
function neededBy({ request, damage, strange }: DrawnCommand): string | undefined {
  if (damage !== undefined || strange !== undefined) return undefined;
  const { id, lines = [], reference, toReference } = request;
  if (id !== undefined) return JSON.stringify([id]);
  const records = (lines as JsonObject[]).map((line) => line.id ?? null);
  return JSON.stringify(records.length > 0 ? records : { reference, toReference });
}

export function damaged(bytes: Uint8Array, change: Damage | undefined): Uint8Array {
  if (change === undefined) return bytes;
  const { how, byte } = change;
  const at = change.at % (bytes.length + 1);
  switch (how) {
    case 'cut':
      return bytes.subarray(0, at);
    case 'append':
      return Buffer.concat([bytes, Buffer.of(byte)]);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]);
    case 'drop':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 'flip': {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at]! ^= 1 << (byte % 8);
      return flipped;
    }
  }
}

/** The request with its strange field. */
export function asJson({ request, strange: change }: DrawnCommand): JsonObject {
  const names = Object.keys(request);
  return change === undefined ? request : { ...request, [names[change.field % names.length]!]: change.value };
}
