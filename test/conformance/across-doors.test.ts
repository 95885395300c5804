import { describe, expect } from 'vitest';
import type { Credentials } from '../support/app.js';
import { commandOf } from '../support/doors/commands.js';
import {
  commandDoorNames,
  type Door,
  type DoorName,
  doorNames,
  type JsonRequest,
  openDoor,
  type Rpc,
} from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { answerOf, type Expected, withoutRequestId } from './contract.js';
import { inSeconds } from './matchers.js';
import {
  adjusted,
  endedOrder,
  noReserved,
  now,
  ok,
  recordData,
  reservedOrder,
  shortLines,
  stock,
} from './scenarios/words.js';

/** A key that was used at one door is known at every other, and its answer is the same everywhere. */

type AllDoors = Readonly<Record<DoorName, Door>>;
const allDoorNames = [...doorNames, ...commandDoorNames];

const test = base.extend('allDoors', { scope: 'file' }, async ({ service, doors }, { onCleanup }) => {
  const [execute, batch] = commandDoorNames.map((name) => openDoor(name, service));
  onCleanup(() => {
    execute!.close();
    batch!.close();
  });
  return { ...doors, Execute: execute!, BatchExecute: batch! };
});

interface Case {
  readonly name: string;
  readonly rpc: Rpc;
  readonly request: (id: string) => JsonRequest;
  /** Fields that make it another request. */
  readonly other: JsonRequest;
  readonly expected: (id: string) => Expected;
  /** Log entries of the record, in addition to the two of its seed. */
  readonly entries: number;
}

const cases: readonly Case[] = [
  {
    name: 'success',
    rpc: 'Reserve',
    request: (id) => ({ id, qty: 2, reference: 'ORD-1', notes: 'für später', ttlSeconds: 3600 }),
    other: { qty: 3 },
    expected: (id) => now(9, 3, id, { expiresAt: inSeconds(3600) }),
    entries: 1,
  },
  {
    name: 'rejection',
    rpc: 'Release',
    request: (id) => ({ id, qty: 2, reference: 'ORD-ü' }),
    other: { qty: 3 },
    expected: () =>
      noReserved(2, 0, 'Cannot release 2 units. Only 0 units are currently reserved for ORD-ü.', 'ORD-ü'),
    entries: 0,
  },
  {
    name: 'order',
    rpc: 'ReserveOrder',
    request: (id) => ({ reference: `ORD-${id}`, lines: [{ id, qty: 10 }], allowPartial: true }),
    other: { allowPartial: false },
    expected: (id) => reservedOrder(`ORD-${id}`, [[id, 10, 8]], [stock(9, 9, id)]),
    entries: 1,
  },
  {
    name: 'short order',
    rpc: 'ReserveOrder',
    request: (id) => ({ reference: `ORD-${id}`, lines: [{ id, qty: 10 }] }),
    other: { allowPartial: true },
    expected: (id) => shortLines([id, 10, 8]),
    entries: 0,
  },
  {
    name: 'adjustments',
    rpc: 'BatchAdjust',
    request: (id) => ({ lines: [{ id, qty: -2, action: 'DAMAGED', notes: 'naß' }] }),
    other: { lines: [{ id: 'inv_none', qty: -2, action: 'DAMAGED' }] },
    expected: (id) => ok([adjusted(7, 1, id)]),
    entries: 1,
  },
  {
    name: 'description',
    rpc: 'UpdateInventory',
    request: (id) => ({
      id,
      details: { location: 'Süd', variantAttributes: { Größe: 'XL', colour: 'red' } },
      updateMask: 'location,variantAttributes,reorderQty',
    }),
    other: { updateMask: 'location,variantAttributes' },
    expected: (id) =>
      ok(
        recordData(9, 1, id, {
          tenantId: expect.any(String),
          location: 'Süd',
          variantAttributes: { colour: 'red', Größe: 'XL' },
        }),
      ),
    entries: 0,
  },
];

/** Doors for commands only take cases that are commands. */
function casesOf(...doors: readonly DoorName[]): readonly Case[] {
  const isOfCommands = doors.some((door) => commandDoorNames.some((name) => name === door));
  return isOfCommands ? cases.filter(({ rpc }) => commandOf(rpc) !== undefined) : cases;
}

describe.each(allDoorNames)('first through %s', (first) => {
  describe.each(allDoorNames)('then through %s', (second) => {
    test.for(casesOf(first, second))(
      'the same $name',
      async ({ name, rpc, request, other, expected, entries }, { service, allDoors, merchant }) => {
        const id = `inv_${allDoorNames.indexOf(first)}_${allDoorNames.indexOf(second)}_${name.replace(' ', '_')}`;
        const idempotencyKey = `key-${id}`;
        await service.seed(merchant.merchantId, { id, onHandQty: 9, reservedQty: 1 });
        const call = async (door: DoorName, changes: JsonRequest = {}) => {
          const options = { credentials: merchant, idempotencyKey };
          return withoutRequestId(await allDoors[door].call(rpc, { ...request(id), ...changes }, options));
        };

        expect(await call(first)).toStrictEqual(answerOf(first, expected(id), false));
        expect(await call(second)).toStrictEqual(answerOf(second, expected(id), true));
        expect(await call(second, other)).toMatchObject({ ok: false, reason: 'IDEMPOTENCY_KEY_REUSED' });
        expect(await call(first)).toStrictEqual(answerOf(first, expected(id), true));
        const [{ lines }] = await service.app.dataSource.query(
          'SELECT count(*)::int AS lines FROM movement_log WHERE merchant_id = $1 AND inventory_id = $2',
          [merchant.merchantId, id],
        );
        expect(lines, 'log entries: two of the seed, and the effect').toBe(2 + entries);
      },
    );
  });
});

describe('one key raced 48 ways through all doors takes effect once', () => {
  const race = (
    doors: AllDoors,
    merchant: Credentials,
    rpc: Rpc,
    request: JsonRequest,
    idempotencyKey: string,
  ) =>
    Promise.all(
      Array.from({ length: 48 }, (_, i) =>
        doors[allDoorNames[i % allDoorNames.length]!].call(rpc, request, {
          credentials: merchant,
          idempotencyKey,
        }),
      ),
    );
  const record = (id: string) => ({ id, onHandQty: 50, reservedQty: 0 });

  test.for<readonly [Rpc, string, JsonRequest, Expected]>([
    ['Reserve', 'inv_r1', { id: 'inv_r1', qty: 2, reference: 'ORD-1' }, now(50, 2, 'inv_r1')],
    [
      'ReserveOrder',
      'inv_r2',
      { reference: 'ORD-2', lines: [{ id: 'inv_r2', qty: 2 }] },
      reservedOrder('ORD-2', [['inv_r2', 2, 2]], [stock(50, 2, 'inv_r2')]),
    ],
    ['Adjust', 'inv_r3', { id: 'inv_r3', qty: 2, action: 'RECEIVED' }, ok(adjusted(52, 0, 'inv_r3'))],
    [
      'CreateInventory',
      'inv_r4',
      { productId: 'raced', warehouseId: 'main', initialQty: 2 },
      ok(
        recordData(2, 0, '', {
          id: expect.stringMatching(/^inv_/),
          productId: 'raced',
          tenantId: expect.any(String),
          lastAdjustedBy: 'tester',
        }),
      ),
    ],
    ['UpdateSettings', 'inv_r5', { defaultTtlSeconds: 0 }, ok({ defaultTtlSeconds: 0 })],
  ])('%s', async ([rpc, id, request, expected], { service, allDoors, merchant }) => {
    await service.seed(merchant.merchantId, record(id));
    const answers = await race(allDoors, merchant, rpc, request, `raced-${rpc}`);

    const [first] = answers;
    expect({ data: first!.data }).toStrictEqual(expected);
    expect(answers.map((a) => a.data)).toEqual(answers.map(() => first!.data));
    expect(answers.filter((a) => !a.replayed)).toHaveLength(1);
  });

  test('ReleaseOrder', async ({ service, allDoors, merchant }) => {
    await service.seed(merchant.merchantId, record('inv_r6'));
    const credentials = merchant;
    await allDoors.REST.call('Reserve', { id: 'inv_r6', qty: 2, reference: 'ORD-6' }, { credentials });
    const answers = await race(allDoors, merchant, 'ReleaseOrder', { reference: 'ORD-6' }, 'raced-release');
    const ended = endedOrder('ORD-6', [['inv_r6', 2]], [stock(50, 0, 'inv_r6')]);
    expect(answers.map(({ data }) => ({ data }))).toEqual(answers.map(() => ended));
    expect(answers.filter((a) => !a.replayed)).toHaveLength(1);
  });
});

test('one order released 42 times at once through all doors, without keys, is released once', async ({
  service,
  doors,
  merchant,
}) => {
  await service.seed(merchant.merchantId, { id: 'inv_r7', onHandQty: 50, reservedQty: 1 });
  const credentials = merchant;
  await doors.REST.call('Reserve', { id: 'inv_r7', qty: 2, reference: 'ORD-7' }, { credentials });
  const answers = await Promise.all(
    Array.from({ length: 42 }, (_, i) => {
      const rpc = i % 2 === 0 ? 'ReleaseOrder' : 'ConfirmOrder';
      return doors[doorNames[i % doorNames.length]!].call(rpc, { reference: 'ORD-7' }, { credentials });
    }),
  );
  const won = answers.findIndex((a) => a.ok);
  expect(answers.filter((a) => a.ok)).toHaveLength(1);
  const reason = won % 2 === 0 ? 'ORDER_ALREADY_RELEASED' : 'ORDER_ALREADY_CONFIRMED';
  expect(answers.filter((a) => a.reason === reason)).toHaveLength(41);
});
