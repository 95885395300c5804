import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { closeDoors, type Doors, doorNames, openDoors, type Rpc } from '../support/doors.js';
import { answerOf, type Expected, withoutRequestId } from './contract.js';

/** A key that was used at one door is known at every other, and an answer does not change on the way. */

let service: TestApp;
let doors: Doors;
let caller: Credentials;
beforeAll(async () => {
  service = await startApp();
  doors = openDoors(service);
  caller = await service.createMerchant();
});
afterAll(async () => {
  closeDoors(doors);
  await service.close();
});

interface Case {
  readonly name: string;
  readonly rpc: Rpc;
  readonly request: { id: string; qty: number; reference?: string; notes?: string };
  readonly expected: (id: string) => Expected;
}

const cases: readonly Case[] = [
  {
    name: 'success',
    rpc: 'Reserve',
    request: { id: '', qty: 2, reference: 'ORD-1', notes: 'für später' },
    expected: (id) => ({ data: { id, onHandQty: 9, reservedQty: 3, availableQty: 6 } }),
  },
  {
    name: 'rejection',
    rpc: 'Release',
    request: { id: '', qty: 2, reference: 'ORD-ü' },
    expected: () => ({
      reason: 'INSUFFICIENT_RESERVED',
      message: 'Cannot release 2 units. Only 0 units are currently reserved for ORD-ü.',
      metadata: { requested: '2', reserved: '0', reference: 'ORD-ü' },
    }),
  },
];

describe.each(doorNames)('first through %s', (first) => {
  describe.each(doorNames)('then through %s', (second) => {
    test.each(cases)('the same $name', async ({ name, rpc, request, expected }) => {
      const id = `inv_${doorNames.indexOf(first)}_${doorNames.indexOf(second)}_${name}`;
      const idempotencyKey = `key-${id}`;
      await service.seed(caller.merchantId, { id, onHandQty: 9, reservedQty: 1 });
      const call = async (door: keyof Doors, changes: object = {}) => {
        const options = { credentials: caller, idempotencyKey };
        return withoutRequestId(await doors[door].call(rpc, { ...request, id, ...changes }, options));
      };

      expect(await call(first)).toStrictEqual(answerOf(first, expected(id), false));
      expect(await call(second)).toStrictEqual(answerOf(second, expected(id), true));
      expect(await call(second, { qty: 3 })).toMatchObject({ ok: false, reason: 'IDEMPOTENCY_KEY_REUSED' });
      expect(await call(first)).toStrictEqual(answerOf(first, expected(id), true));
      const [{ lines }] = await service.app.dataSource.query(
        'SELECT count(*)::int AS lines FROM movement_log WHERE merchant_id = $1 AND inventory_id = $2',
        [caller.merchantId, id],
      );
      expect(lines, 'log entries: two of the seed, and the effect').toBe(name === 'success' ? 3 : 2);
    });
  });
});

test('one key raced 42 ways through all doors takes effect once', async () => {
  const id = 'inv_raced';
  await service.seed(caller.merchantId, { id, onHandQty: 50, reservedQty: 0 });
  const answers = await Promise.all(
    Array.from({ length: 42 }, (_, i) =>
      doors[doorNames[i % doorNames.length]!].call(
        'Reserve',
        { id, qty: 2, reference: 'ORD-1' },
        { credentials: caller, idempotencyKey: 'raced' },
      ),
    ),
  );
  const stock = { id, onHandQty: 50, reservedQty: 2, availableQty: 48 };
  expect(answers.map((a) => a.data)).toEqual(Array.from({ length: 42 }, () => stock));
  expect(answers.filter((a) => !a.replayed)).toHaveLength(1);
});
