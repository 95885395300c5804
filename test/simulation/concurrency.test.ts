import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createMerchant } from '../../src/service/merchants.js';
import { seedRecords } from '../../src/store/seed.js';
import { type Credentials, tokenFor } from '../support/app.js';
import { type Door, doors, openCallers, type StockCall } from '../support/callers.js';
import { cleanUpProcesses, onDatabase, type ServiceProcess, startService } from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';
import { Ledger } from './ledger.js';
import { Random } from './random.js';
import { Stranger } from './stranger.js';

let stage: Stage;
let services: ServiceProcess[];
let closeCallers = (): void => {};

beforeAll(async () => {
  stage = await createStage();
  services = await Promise.all([1, 2, 3, 4].map(() => startService(onDatabase(stage.database.url))));
});
afterEach(() => {
  closeCallers();
  closeCallers = () => {};
});
afterAll(async () => {
  await cleanUpProcesses();
  await stage.close();
});

const onHandQty = 200;

const mixed: { id: string; processes: number; calls: number; through: readonly Door[] }[] = [
  { id: 'inv_one', processes: 1, calls: 600, through: ['REST', 'gRPC'] },
  { id: 'inv_two', processes: 2, calls: 800, through: ['REST', 'gRPC'] },
  { id: 'inv_all', processes: 4, calls: 600, through: doors },
];

describe.each(mixed)(
  '$calls mixed reserves and releases at once on 200 units, $processes processes, through $through',
  ({ id, processes, calls, through }) => {
    test('come out exactly right', async () => {
      await stage.seed({ id, onHandQty, reservedQty: 0 });
      const ledger = await runAtOnce(
        mixedCalls(id, calls, new Random(calls + processes)),
        services.slice(0, processes),
        through,
      );

      expect(ledger.entries).toHaveLength(calls);
      const reasons = ledger.entries.map(({ answer }) =>
        answer.kind === 'refused' ? answer.reason : answer.kind,
      );
      expect(new Set(reasons)).toEqual(new Set(['ok', 'INSUFFICIENT_STOCK', 'INSUFFICIENT_RESERVED']));
      for (const { answer } of ledger.accepted()) {
        expect(answer.stock.availableQty).toBeGreaterThanOrEqual(0);
        expect(answer.stock.reservedQty).toBeGreaterThanOrEqual(0);
      }
      await ledger.expectEqual(stage.database, {
        merchantId: stage.merchantId,
        id,
        onHandQty,
        reservedQty: 0,
      });
      await stage.expectAuditClean();
    });
  },
);

test('600 concurrent reserves on 45 units, through every door of four processes: exactly 45 succeed', async () => {
  const record = { id: 'inv_hot', onHandQty: 50, reservedQty: 5 };
  await stage.seed(record);
  const calls = Array.from({ length: 600 }, (_, i): StockCall => {
    return { rpc: 'reserve', id: record.id, qty: 1, reference: `ORD-${i}` };
  });
  const ledger = await runAtOnce(calls, services, doors);

  expect(ledger.accepted()).toHaveLength(45);
  // Each caller took one unit, and saw how many were left: together, they saw each number from 44 to 0 once.
  const left = ledger.accepted().map(({ answer }) => answer.stock.availableQty);
  expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 45 }, (_, i) => i));
  expect(ledger.refused('INSUFFICIENT_STOCK')).toHaveLength(555);
  for (const { answer } of ledger.refused('INSUFFICIENT_STOCK')) {
    expect(answer).toHaveProperty('message', 'Cannot reserve 1 unit. Only 0 units are currently available.');
  }
  await ledger.expectEqual(stage.database, { merchantId: stage.merchantId, ...record });
  await stage.expectAuditClean();
});

test('reserves of 30 references on 20 records at once: every unit is sold, and no more', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `inv_many_${i}`);
  await stage.seed(...ids.map((id) => ({ id, onHandQty: 10, reservedQty: 0 })));
  const random = new Random(20);
  const calls = Array.from({ length: 600 }, (_, i): StockCall => {
    return { rpc: 'reserve', id: random.pick(ids), qty: 1, reference: `ORD-${i % 30}` };
  });
  const ledger = await runAtOnce(calls, services, ['REST', 'gRPC']);

  // The calls ask for more units of each record than it has.
  expect(ledger.accepted()).toHaveLength(200);
  expect(ledger.refused('INSUFFICIENT_STOCK')).toHaveLength(400);
  for (const id of ids) await ledger.expectHolds(stage.database, stage.merchantId, id);
  await stage.expectAuditClean();
});

test('one merchant floods four processes while a stranger locks its records; another one calls', async () => {
  const ids = ['inv_a', 'inv_b', 'inv_c'];
  const flooded = { onHandQty: 100_000, reservedQty: 0 };
  await stage.seed(...ids.map((id) => ({ id, ...flooded })));
  const merchant = await createMerchant(stage.dataSource, 'Quiet', 'test');
  const quiet = { ...merchant, token: await tokenFor(merchant.merchantId) };
  const own = { id: 'inv_quiet', onHandQty: 100, reservedQty: 0 };
  await seedRecords(stage.dataSource, quiet.merchantId, [own]);

  const random = new Random(7);
  const stranger = new Stranger(stage.database.url, stage.merchantId, ids, random);
  await stranger.took(1);
  const calls = Array.from({ length: 1200 }, (_, i): StockCall => {
    return { rpc: 'reserve', id: random.pick(ids), qty: 1, reference: `ORD-${i % 50}` };
  });
  const flood = runAtOnce(calls, services, ['REST', 'gRPC']);
  const few = Array.from({ length: 100 }, (): StockCall => ({ rpc: 'reserve', id: own.id, qty: 1 }));
  const answered = await runAtOnce(few, services, ['REST', 'gRPC'], quiet);
  const ledger = await flood;
  await stranger.stop();

  expect(answered.accepted()).toHaveLength(100);
  await answered.expectEqual(stage.database, { merchantId: quiet.merchantId, ...own });
  expect(ledger.accepted()).toHaveLength(1200);
  for (const id of ids) {
    await ledger.expectEqual(stage.database, { merchantId: stage.merchantId, id, ...flooded });
    await ledger.expectHolds(stage.database, stage.merchantId, id);
  }
  await stage.expectAuditClean();
});

function mixedCalls(id: string, count: number, random: Random): StockCall[] {
  return Array.from({ length: count }, (_, i): StockCall => {
    const reference = random.pick(['', '', 'ORD-1', 'ORD-2', 'ORD-3', 'ORD-4']);
    // More units are reserved than released, so that the record runs short.
    const rpc = random.below(10) < 6 ? 'reserve' : 'release';
    const ofAny = rpc === 'release' && reference === '';
    return {
      rpc,
      id,
      qty: 1 + random.below(7),
      ...(reference !== '' && { reference }),
      ...(ofAny && { notes: `any ${i}` }),
    };
  });
}

async function runAtOnce(
  calls: readonly StockCall[],
  on: readonly ServiceProcess[],
  through: readonly Door[],
  who: Credentials = stage,
): Promise<Ledger> {
  const callers = openCallers(on, who, through);
  const others = closeCallers;
  closeCallers = () => {
    others();
    callers.close();
  };
  const ledger = new Ledger();
  await Promise.all(
    calls.map(async (call, i) => ledger.add(call, await callers.all[i % callers.all.length]!.call(call))),
  );
  return ledger;
}
