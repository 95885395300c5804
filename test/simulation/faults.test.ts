import { readdir, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { doors, openCaller, type StockCall } from '../support/callers.js';
import { Session } from '../support/engine-stage.js';
import {
  cleanUpProcesses,
  madeDataDir,
  onDatabase,
  onDataDir,
  postmasterPid,
  runHoldfast,
  type ServiceProcess,
  startService,
  until,
  whileStopped,
} from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';
import { type Address, Clients } from './clients.js';

// Longer than its clients continue to call.
vi.setConfig({ testTimeout: 120_000 });

/** Short limits, so that the service soon gives up on a database that does not answer. */
const impatient = {
  STATEMENT_TIMEOUT_MS: '1000',
  LOCK_TIMEOUT_MS: '500',
  CONNECT_TIMEOUT_MS: '1000',
  LOG_LEVEL: 'error',
};

const size = { clients: 12, callsEach: 25, through: doors };
const onHandQty = 120;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(cleanUpProcesses);
afterAll(() => stage.close());

describe('the service dies', () => {
  test('kill -9 four times under load: what was acknowledged is what the database has', async () => {
    let service = await startService(onDatabase(stage.database.url));
    const clients = await startClients({ name: 'killed', address: () => service, seed: 1 });
    for (let kill = 1; kill <= 4; kill++) {
      await clients.answeredMore(60);
      expect((await service.end('SIGKILL')).signal).toBe('SIGKILL');
      service = await startService(onDatabase(stage.database.url));
    }
    await clients.finished;

    expect(clients.unanswered).toBeGreaterThan(0);
    await expectAcknowledgedIsThere(clients);
  });

  test('kill -9 of one of two: the other goes on alone', async () => {
    const [first, second] = (await Promise.all(
      [1, 2].map(() => startService(onDatabase(stage.database.url))),
    )) as [ServiceProcess, ServiceProcess];
    let turn = 0;
    const alive = [first, second];
    const clients = await startClients({
      name: 'one',
      address: () => alive[turn++ % alive.length]!,
      seed: 2,
    });
    await clients.answeredMore(60);
    await first.end('SIGKILL');
    alive.shift();
    await clients.finished;
    await expectAcknowledgedIsThere(clients);
    // The other process is ready, and its database has what the killed one acknowledged.
    expect((await fetch(`${second.httpUrl}/readyz`)).status).toBe(200);
  });

  test('stopped while it holds locks (SIGSTOP): another process gets them, and nothing is done twice', async () => {
    const [first, second] = (await Promise.all(
      [1, 2].map(() => startService(onDatabase(stage.database.url, impatient))),
    )) as [ServiceProcess, ServiceProcess];
    const clients = await startClients({ name: 'stopped', address: () => first, seed: 3 });
    const other = openCaller('REST', second, stage);
    for (let stop = 1; stop <= 2; stop++) {
      await clients.answeredMore(50);
      await whileStopped([first.child.pid!], async () => {
        for (const id of clients.ids) {
          const call: StockCall = {
            rpc: 'reserve',
            id,
            qty: 1,
            reference: 'ORD-1',
            idempotencyKey: `${id} ${stop}`,
          };
          clients.ledger.add(call, await clients.untilAnswered(call, other));
        }
      });
    }
    await clients.finished;
    await expectAcknowledgedIsThere(clients);
  });

  test('kill -9 while its backend is frozen with a lock: others go on, and its record comes back', async () => {
    const name = 'frozen_lock';
    const ids = [`inv_${name}_1`, `inv_${name}_2`];
    await stage.seed(...ids.map((id) => ({ id, onHandQty, reservedQty: 0 })));
    await stage.database.query(`
      CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
      CREATE TRIGGER waits BEFORE INSERT ON movement_log
         FOR EACH ROW WHEN (NEW.notes = 'wait') EXECUTE FUNCTION wait_here();`);
    const gate = await Session.open(stage.database.url);
    await gate.run('SELECT pg_advisory_lock(7)');
    const [first, second] = (await Promise.all(
      [1, 2].map(() => startService(onDatabase(stage.database.url, { ...impatient, ATTEMPTS_MAX: '2' }))),
    )) as [ServiceProcess, ServiceProcess];
    const [doomed, caller] = [openCaller('REST', first, stage), openCaller('REST', second, stage)];
    const reserve = { rpc: 'reserve', qty: 1, reference: 'ORD-1' } as const;

    const lost = doomed.call({ ...reserve, id: ids[0]!, notes: 'wait' });
    let backend: number | undefined;
    await until('the transaction to wait at the gate', async () => {
      const [row] = await stage.database.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast' AND wait_event = 'advisory'`,
      );
      backend = row?.pid;
      return backend !== undefined;
    });
    const late = await whileStopped([backend!], async () => {
      await first.end('SIGKILL');
      expect((await lost).kind).toBe('unanswered');

      // The killed process has the first record until its backend notices.
      const blocked = caller.call({ ...reserve, id: ids[0]! });
      expect((await caller.call({ ...reserve, id: ids[1]! })).kind).toBe('ok');
      expect(await blocked).toMatchObject({ kind: 'refused', reason: 'CONTENTION' });
      const waiting = caller.call({ ...reserve, id: ids[0]!, idempotencyKey: name });
      await gate.close();
      return { answer: waiting };
    });
    expect((await late.answer).kind).toBe('ok');
    // What the killed process did took effect as a whole, or not at all.
    await stage.expectAuditClean();
  });
});

describe('the database fails', () => {
  test('connections terminated again and again under load', async () => {
    const service = await startService(onDatabase(stage.database.url, { LOG_LEVEL: 'error' }));
    const clients = await startClients({ name: 'terminated', address: () => service, seed: 4 });
    let terminated = 0;
    while (clients.answered < clients.total) {
      await clients.answeredMore(1);
      const rows = await stage.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast' AND pid <> pg_backend_pid()`,
      );
      terminated += rows.length;
    }
    await clients.finished;
    expect(terminated).toBeGreaterThan(0);
    await expectAcknowledgedIsThere(clients);
    await untilReady(service);
  });

  test('backends stopped for a moment (SIGSTOP): calls fail in time, and they succeed afterwards', async () => {
    const service = await startService(
      onDatabase(stage.database.url, { ...impatient, REQUEST_TIMEOUT_MS: '2000' }),
    );
    const clients = await startClients({ name: 'frozen', address: () => service, seed: 5 });
    for (let stop = 1; stop <= 2; stop++) {
      await clients.answeredMore(60);
      const rows = await stage.database.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      await whileStopped(
        rows.map(({ pid }) => pid),
        () => clients.refusedMore(1),
      );
    }
    await clients.finished;
    await expectAcknowledgedIsThere(clients);
    await untilReady(service);
  });

  test('kill -9 of the embedded PostgreSQL under load: the service has it running again by itself', async () => {
    const dataDir = await madeDataDir();
    // Without a cache every call needs the database for its credentials, too.
    const service = await startService(onDataDir(dataDir, { API_KEY_CACHE_MS: '0' }));
    const demo = JSON.parse(await readFile(`${dataDir}/demo.json`, 'utf8'));
    const ids = [demo.inventoryId];
    const clients = new Clients({ who: demo, address: () => service, ids, seed: 6, ...size });
    for (let kill = 1; kill <= 2; kill++) {
      await clients.answeredMore(60);
      const pid = (await postmasterPid(dataDir))!;
      process.kill(pid, 'SIGKILL');
      await until('another PostgreSQL', async () => {
        const now = await postmasterPid(dataDir);
        return now !== undefined && now !== pid;
      });
    }
    await clients.finished;

    expect(clients.unanswered).toBe(0);
    expectAnswersToTheRequests(clients);
    const audit = await runHoldfast(['audit', '--json'], onDataDir(dataDir));
    expect(JSON.parse(audit.stdout)).toEqual({ consistent: true, merchants: 1, records: 1, drift: [] });
    const probe = await fetch(`${service.httpUrl}/v1/inventory/${demo.inventoryId}/release`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${demo.token}`,
        'x-merchantapikey': demo.apiKey,
        'content-type': 'application/json',
      },
      body: '{"qty": 2147483647}',
    });
    const reserved = 5 + clients.ledger.reservedQty(demo.inventoryId);
    expect(((await probe.json()) as { message: string }).message).toBe(
      `Cannot release 2147483647 units. Only ${reserved} units are currently reserved.`,
    );
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await readdir(`${dataDir}/postgres-run/holders`)).toEqual([]);
  });
});

async function startClients(options: {
  name: string;
  seed: number;
  address: () => Address;
}): Promise<Clients> {
  const ids = [1, 2, 3].map((n) => `inv_${options.name}_${n}`);
  await stage.seed(...ids.map((id) => ({ id, onHandQty, reservedQty: 0 })));
  return new Clients({ who: stage, ids, ...size, ...options });
}

/** Clients try again after faults, which are never an answer; and no fault of ours appears as INTERNAL. */
function expectAnswersToTheRequests(clients: Clients): void {
  expect(clients.answered).toBeGreaterThanOrEqual(clients.total);
  const answers = clients.ledger.entries.map(({ answer }) =>
    answer.kind === 'refused' ? answer.reason : answer.kind,
  );
  expect(answers.filter((a) => !['ok', 'INSUFFICIENT_STOCK', 'INSUFFICIENT_RESERVED'].includes(a))).toEqual(
    [],
  );
  expect(clients.ledger.accepted().length).toBeGreaterThan(0);
}

async function expectAcknowledgedIsThere(clients: Clients): Promise<void> {
  expectAnswersToTheRequests(clients);
  for (const id of clients.ids) {
    const record = { merchantId: stage.merchantId, id, onHandQty, reservedQty: 0 };
    await clients.ledger.expectEqual(stage.database, record);
    await clients.ledger.expectHolds(stage.database, stage.merchantId, id);
  }
  await stage.expectAuditClean();
}

function untilReady({ httpUrl }: ServiceProcess): Promise<void> {
  return until('readiness', async () => (await fetch(`${httpUrl}/readyz`)).status === 200);
}
