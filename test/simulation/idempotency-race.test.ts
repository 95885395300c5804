import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMerchant } from '../../src/service/merchants.js';
import { seedRecords } from '../../src/store/seed.js';
import { type Credentials, tokenFor } from '../support/app.js';
import { type Answer, type Caller, openCallers, type StockCall } from '../support/callers.js';
import { cleanUpProcesses, onDatabase, type ServiceProcess, startService } from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';

const RACERS = 40;

let stage: Stage;
let services: ServiceProcess[];
let callers: readonly Caller[];
let closeCallers = (): void => {};

beforeAll(async () => {
  stage = await createStage();
  services = await Promise.all([1, 2].map(() => startService(onDatabase(stage.database.url))));
  ({ all: callers, close: closeCallers } = openCallers(services, stage));
});
afterAll(async () => {
  closeCallers();
  await cleanUpProcesses();
  await stage.close();
});

describe(`one key raced ${RACERS} ways through every door of two processes`, () => {
  const record = { onHandQty: 50, reservedQty: 5 };
  const cases: {
    name: string;
    id: string;
    call: Omit<StockCall, 'id'>;
    expected: string;
    reserved?: number;
  }[] = [
    {
      name: 'reserve',
      id: 'inv_a',
      call: { rpc: 'reserve', qty: 3, reference: 'ORD-1' },
      expected: '50 8 42',
      reserved: 8,
    },
    {
      name: 'reserve of the last units',
      id: 'inv_b',
      call: { rpc: 'reserve', qty: 45 },
      expected: '50 50 0',
      reserved: 50,
    },
    { name: 'release', id: 'inv_c', call: { rpc: 'release', qty: 4 }, expected: '50 1 49', reserved: 1 },
    {
      name: 'reserve of too much',
      id: 'inv_d',
      call: { rpc: 'reserve', qty: 46 },
      expected: 'INSUFFICIENT_STOCK',
      reserved: 5,
    },
    {
      name: 'release of too much',
      id: 'inv_e',
      call: { rpc: 'release', qty: 6 },
      expected: 'INSUFFICIENT_RESERVED',
      reserved: 5,
    },
    // There is no record to lock here, so only the key decides the race.
    {
      name: 'reserve of what is not there',
      id: 'inv_none',
      call: { rpc: 'reserve', qty: 1 },
      expected: 'INVENTORY_NOT_FOUND',
    },
  ];

  test.each(cases)(
    '$name: one effect, every other answer the same and marked → $expected',
    async ({ id, call, expected, reserved }) => {
      if (reserved !== undefined) await stage.seed({ id, ...record });
      const answers = await race(
        Array.from({ length: RACERS }, () => ({ ...call, id, idempotencyKey: `race-${id}` })),
      );

      expect(answers.map(inShort)).toEqual(Array(RACERS).fill(expected));
      expect(new Set(answers.map(withoutMark)).size).toBe(1);
      expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(1);
      expect(await reservedQty(id)).toBe(reserved);
      expect(await changes(id)).toBe(
        ['INSUFFICIENT_STOCK', 'INSUFFICIENT_RESERVED', 'INVENTORY_NOT_FOUND'].includes(expected) ? 0 : 1,
      );
    },
  );
});

describe('one key raced with different requests: one wins, the others are told so', () => {
  const cases: { name: string; requests: readonly StockCall[] }[] = [
    { name: 'quantities', requests: [1, 2, 3, 4].map((qty) => ({ rpc: 'reserve', id: 'inv_q', qty })) },
    {
      name: 'methods',
      requests: (['reserve', 'release'] as const).map((rpc) => ({ rpc, id: 'inv_m', qty: 2 })),
    },
    {
      name: 'references',
      requests: ['ORD-1', 'ORD-2', 'ORD-3'].map((reference) => ({
        rpc: 'reserve',
        id: 'inv_r',
        qty: 1,
        reference,
      })),
    },
    { name: 'notes', requests: ['a', 'b'].map((notes) => ({ rpc: 'reserve', id: 'inv_n', qty: 1, notes })) },
    // The racers lock different records, so they only meet when they store the key.
    {
      name: 'records',
      requests: ['inv_x', 'inv_y', 'inv_z', 'inv_w'].map((id) => ({ rpc: 'reserve', id, qty: 1 })),
    },
    {
      name: 'records, one of which is not there',
      requests: ['inv_here', 'inv_gone'].map((id) => ({ rpc: 'reserve', id, qty: 1 })),
    },
  ];

  test.each(cases)('$name', async ({ name, requests }) => {
    const ids = [...new Set(requests.map(({ id }) => id))].filter((id) => id !== 'inv_gone');
    await stage.seed(...ids.map((id) => ({ id, onHandQty: 100, reservedQty: 10 })));
    const idempotencyKey = `race with other ${name}`;
    const calls = Array.from({ length: RACERS }, (_, i) => ({
      ...requests[i % requests.length]!,
      idempotencyKey,
    }));
    const answers = await race(calls);

    const fresh = answers.flatMap((answer, i) =>
      isReplayed(answer) || inShort(answer) === 'IDEMPOTENCY_KEY_REUSED' ? [] : [i],
    );
    expect(fresh).toHaveLength(1);
    const winner = fresh[0]! % requests.length;
    expect(answers.map(inShort)).toEqual(
      answers.map((_, i) =>
        i % requests.length === winner ? inShort(answers[fresh[0]!]!) : 'IDEMPOTENCY_KEY_REUSED',
      ),
    );
    let changed = 0;
    for (const id of ids) changed += await changes(id);
    expect(changed).toBe(requests[winner]!.id === 'inv_gone' ? 0 : 1);
  });
});

test('many keys at once, each on its record and each from every door, in no order', async () => {
  const ids = Array.from({ length: 10 }, (_, i) => `inv_keys_${i}`);
  await stage.seed(...ids.map((id) => ({ id, onHandQty: 100, reservedQty: 0 })));
  // Strides of 3 and 7 make the keys arrive in another order than the records.
  const calls = Array.from({ length: 400 }, (_, i): StockCall => {
    const n = (i * 3) % 10;
    return { rpc: 'reserve', id: ids[(n * 7) % 10]!, qty: 1, idempotencyKey: `many-${n}` };
  });
  const answers = await race(calls);
  expect(new Set(answers.map(inShort))).toEqual(new Set(['100 1 99']));
  expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(10);
  for (const id of ids) expect(await reservedQty(id)).toBe(1);
  await stage.expectAuditClean();
});

test('the same key of two merchants is two keys', async () => {
  const merchant = await createMerchant(stage.dataSource, 'Other', 'test');
  const other: Credentials = { ...merchant, token: await tokenFor(merchant.merchantId) };
  const record = { id: 'inv_shared', onHandQty: 10, reservedQty: 0 };
  await stage.seed(record);
  await seedRecords(stage.dataSource, other.merchantId, [record]);
  const theirs = openCallers(services, other, ['REST', 'gRPC']);
  const call: StockCall = { rpc: 'reserve', id: record.id, qty: 1, idempotencyKey: 'shared' };
  const answers = await Promise.all([...callers, ...theirs.all].map((caller) => caller.call(call)));
  theirs.close();

  expect(answers.map(inShort)).toEqual(answers.map(() => '10 1 9'));
  expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(2);
  expect(await changes(record.id)).toBe(1);
  expect(await changes(record.id, other.merchantId)).toBe(1);
});

function race(calls: readonly StockCall[]): Promise<Answer[]> {
  return Promise.all(calls.map((call, i) => callers[i % callers.length]!.call(call)));
}

/** The figures, or the reason; if there was no answer, the cause. */
function inShort(answer: Answer): string {
  if (answer.kind === 'refused') return answer.reason;
  if (answer.kind === 'unanswered') return answer.cause;
  const { onHandQty, reservedQty, availableQty } = answer.stock;
  return `${onHandQty} ${reservedQty} ${availableQty}`;
}

function isReplayed(answer: Answer): boolean {
  return answer.kind !== 'unanswered' && answer.replayed;
}

function withoutMark(answer: Answer): string {
  return JSON.stringify({ ...answer, replayed: undefined });
}

async function reservedQty(id: string): Promise<number | undefined> {
  const [row] = await stage.database.query<{ reserved_qty: number }>(
    'SELECT reserved_qty FROM stock_levels WHERE merchant_id = $1 AND id = $2',
    [stage.merchantId, id],
  );
  return row?.reserved_qty;
}

/** The number of log entries, without those of seeding. */
async function changes(id: string, merchantId = stage.merchantId): Promise<number> {
  const rows = await stage.database.query(
    `SELECT 1 FROM movement_log
      WHERE merchant_id = $1 AND inventory_id = $2 AND coalesce(notes, '') <> 'initial stock'`,
    [merchantId, id],
  );
  return rows.length;
}
