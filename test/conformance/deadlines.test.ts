import { expect, vi } from 'vitest';
import type { TestDatabase } from '../support/database.js';
import { doorNames } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';

const SLOW_S = 2.5;
const ID = 'inv_locked';

const test = base
  .extend('environment', { REQUEST_TIMEOUT_MS: '1000' })
  .extend('records', [{ id: ID, onHandQty: 50, reservedQty: 0 }]);

test('a call whose deadline passes in the queue is never executed; one that had begun is carried through', async ({
  database,
  doors,
  merchant: credentials,
}) => {
  // The first call's transaction takes longer than the deadlines of the others.
  await database.query(`
    CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(${SLOW_S}); RETURN NEW; END $$`);
  await database.query(`
    CREATE TRIGGER slow BEFORE INSERT ON movement_log
    FOR EACH ROW WHEN (NEW.reference = 'begun') EXECUTE FUNCTION be_slow()`);
  const begun = doors.REST.call('Reserve', { id: ID, qty: 1, reference: 'begun' }, { credentials });
  await vi.waitFor(async () => expect(await sleeping(database)).toBe(1), { timeout: 10_000 });

  // By now, the first call has the record's turn. REST has no deadline but the service's, which begins on arrival.
  const late = doorNames.map((name) =>
    doors[name].call('Reserve', { id: ID, qty: 10, reference: name }, { credentials, timeoutMs: 200 }),
  );
  const answers = { begun: await begun, late: await Promise.all(late) };

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
  // This call is behind the late ones: if they were executed at all, it was before this one.
  const last = await doors.gRPC.call('Reserve', { id: ID, qty: 2, reference: 'last' }, { credentials });
  expect(last).toMatchObject({ ok: true, data: { ...stock, reservedQty: 3, availableQty: 47 } });
  const log = await database.query(
    'SELECT reference FROM movement_log WHERE inventory_id = $1 AND reserved_delta <> 0 ORDER BY revision',
    [ID],
  );
  expect(log).toEqual([{ reference: 'begun' }, { reference: 'last' }]);
});

async function sleeping(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`,
  );
  return row!.n;
}
