import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { closeDoors, type DoorName, type Doors, doorNames, openDoors } from '../support/doors.js';

const REQUEST_TIMEOUT_MS = 1000;
const ID = 'inv_locked';

let service: TestApp;
let doors: Doors;
let credentials: Credentials;
beforeAll(async () => {
  service = await startApp({
    REQUEST_TIMEOUT_MS: `${REQUEST_TIMEOUT_MS}`,
    ENGINE_LANES: '1',
    LOCK_TIMEOUT_MS: '30000',
    STATEMENT_TIMEOUT_MS: '30000',
  });
  doors = openDoors(service);
  credentials = await service.createMerchant();
  await service.seed(credentials.merchantId, { id: ID, onHandQty: 50, reservedQty: 0 });
});
afterAll(async () => {
  closeDoors(doors);
  await service.close();
});

test('a call whose deadline passes in the queue is never executed; one that had begun is carried through', async () => {
  const holder = new pg.Client({ connectionString: service.database.url });
  await holder.connect();
  const answers = await (async () => {
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM stock_levels WHERE id = $1 FOR UPDATE', [ID]);
      const begun = doors.REST.call('Reserve', { id: ID, qty: 1, reference: 'begun' }, { credentials });
      await vi.waitFor(async () => expect(await waitingForLocks()).toBe(1), { timeout: 10_000 });

      // The only lane is taken by now. REST knows no deadline but the service's, which runs from its arrival.
      const late = (name: DoorName) =>
        doors[name].call('Reserve', { id: ID, qty: 10, reference: name }, { credentials, timeoutMs: 200 });
      const rest = late('REST');
      await vi.waitFor(async () => expect(await commandsInQueue()).toBe(1), { timeout: 10_000 });
      const arrivedAt = Date.now();
      const others = doorNames.map((name) => (name === 'REST' ? rest : late(name)));
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(arrivedAt + REQUEST_TIMEOUT_MS), {
        timeout: 10_000,
      });
      await holder.query('ROLLBACK');
      return { begun: await begun, late: await Promise.all(others) };
    } finally {
      await holder.end();
    }
  })();

  const stock = { id: ID, onHandQty: 50, reservedQty: 1, availableQty: 49 };
  expect(answers.begun).toMatchObject({ ok: true, data: stock });
  for (const [i, answer] of answers.late.entries()) {
    const rest = doorNames[i] === 'REST';
    expect(answer, doorNames[i]).toMatchObject(
      rest ? { ok: false, httpStatus: 504 } : { ok: false, code: 4 },
    );
  }
  const message = 'The deadline passed before the request was executed.';
  expect(answers.late.at(-1)).toMatchObject({ reason: 'DEADLINE_EXCEEDED', message });
  // Behind the late ones: when it is answered, they would have been executed.
  const last = await doors.gRPC.call('Reserve', { id: ID, qty: 2, reference: 'last' }, { credentials });
  expect(last).toMatchObject({ ok: true, data: { ...stock, reservedQty: 3, availableQty: 47 } });
  const log = await service.app.dataSource.query(
    'SELECT reference FROM movement_log WHERE inventory_id = $1 AND reserved_delta <> 0 ORDER BY revision',
    [ID],
  );
  expect(log).toEqual([{ reference: 'begun' }, { reference: 'last' }]);
});

async function waitingForLocks(): Promise<number> {
  const [row] = await service.database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!.n;
}

async function commandsInQueue(): Promise<number> {
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  return Number(/^holdfast_queue_commands (\d+)/m.exec(metrics)?.[1]);
}
