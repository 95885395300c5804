import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { doors, openCallers } from '../support/callers.js';
import { Session } from '../support/engine-stage.js';
import { figure } from '../support/metrics.js';
import {
  cleanUpProcesses,
  onDatabase,
  type ServiceProcess,
  spawnHoldfast,
  startService,
  until,
} from '../support/process.js';
import { isRunning } from '../support/running.js';
import { createStage, type Stage } from '../support/stage.js';
import { openWatch } from '../support/watches.js';
import { Clients } from './clients.js';

// Longer than its clients continue to call.
vi.setConfig({ testTimeout: 300_000 });

/** WORKERS: several processes behind one pair of ports. */
const WORKERS = { WORKERS: '2' };
/** A call waits for a record that the test holds, and is not told to try again. */
const PATIENT = { LOCK_TIMEOUT_MS: '20000', STATEMENT_TIMEOUT_MS: '20000' };
const STOPPED = { code: 0, signal: null };

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(async () => {
  await cleanUpProcesses();
  await stage.close();
});

/** The process of each worker, by its place. */
async function workersOf({ pid }: ServiceProcess): Promise<Map<number, number>> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const workers = new Map<number, number>();
  for (const child of children.split(' ').map(Number)) {
    if (child === 0) continue;
    const args = (await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.some((arg) => arg.endsWith('worker.js'))) workers.set(Number(args.at(-2)), child);
  }
  return workers;
}

async function readiness({ httpUrl }: ServiceProcess): Promise<unknown> {
  return (await fetch(`${httpUrl}/readyz`)).json();
}

const UP = { status: 'UP' };

/** Each test goes on where the one before it ended. */
describe('one service', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    // A watch must be woken, since it never looks by itself. The log says which worker refused a call.
    const env = { ...WORKERS, ...PATIENT, WATCH_LOOK_MS: '600000', LOG_LEVEL: 'debug' };
    service = await startService(onDatabase(stage.database.url, env));
  });

  test('one pair of ports, several workers; /metrics has the sums, whichever of them answers', async () => {
    expect(await readiness(service)).toEqual(UP);
    const id = 'inv_doors';
    await stage.seed({ id, onHandQty: 100, reservedQty: 0 });
    const callers = openCallers([service, service, service, service], stage);
    for (const caller of callers.all) {
      expect(await caller.call({ rpc: 'reserve', id, qty: 1 })).toMatchObject({ kind: 'ok' });
      await caller.call({ rpc: 'reserve', id: 'inv_none', qty: 1 });
    }
    callers.close();
    for (const worker of [1, 2]) {
      expect(service.stderr()).toMatch(new RegExp(`"worker":${worker},.*"a call is refused"`));
    }
    const calls = callers.all.length;
    for (let scrape = 0; scrape < 4; scrape++) {
      const answered = 'holdfast_calls_total{rpc="Reserve",reason=';
      expect(await figure(service.httpUrl, `${answered}"OK"}`)).toBe(calls);
      expect(await figure(service.httpUrl, `${answered}"INVENTORY_NOT_FOUND"}`)).toBe(calls);
      expect(await figure(service.httpUrl, 'holdfast_call_duration_seconds_count')).toBe(2 * calls);
      expect(await figure(service.httpUrl, 'holdfast_batch_commands_sum')).toBe(2 * calls);
      expect(await figure(service.httpUrl, 'holdfast_build_info')).toBe(1);
    }
  });

  test('a watch on any worker is woken by a change through any other', async () => {
    const id = 'inv_watched';
    await stage.seed({ id, onHandQty: 10, reservedQty: 0 });
    const streams = Array.from({ length: 4 }, () =>
      openWatch('REST lines', service, { ids: [id] }, { credentials: stage }),
    );
    for (const stream of streams) await stream.next();
    const { all, close } = openCallers([service, service], stage, ['gRPC']);
    for (const [i, caller] of all.entries()) {
      await caller.call({ rpc: 'reserve', id, qty: 1 });
      for (const stream of streams) expect(await stream.next()).toMatchObject({ reservedQty: i + 1 });
    }
    expect(await figure(service.httpUrl, 'holdfast_streams')).toBe(streams.length);
    for (const stream of streams) stream.leave();
    close();
  });

  test('kill -9 of a worker under load: another takes its place; what was acknowledged is there', async () => {
    const ids = ['inv_killed_1', 'inv_killed_2'];
    const onHandQty = 120;
    await stage.seed(...ids.map((id) => ({ id, onHandQty, reservedQty: 0 })));
    const clients = new Clients({
      ...{ ids, who: stage, address: () => service, seed: 1 },
      ...{ clients: 12, callsEach: 25, through: doors },
    });
    const granted = () => figure(service.httpUrl, 'holdfast_calls_total{rpc="Reserve",reason="OK"}');
    await clients.answeredMore(60);
    const counted = await granted();
    const killed = (await workersOf(service)).get(1)!;
    process.kill(killed, 'SIGKILL');
    await clients.finished;
    expect(await granted()).toBeGreaterThanOrEqual(counted);
    await until('another', async () => {
      const worker = (await workersOf(service)).get(1);
      return worker !== undefined && worker !== killed;
    });
    await until('readiness', async () => JSON.stringify(await readiness(service)) === JSON.stringify(UP));
    for (const id of ids) {
      await clients.ledger.expectEqual(stage.database, {
        merchantId: stage.merchantId,
        id,
        onHandQty,
        reservedQty: 0,
      });
    }
    await stage.expectAuditClean();
    expect(service.stderr()).toMatch(/"worker":1,"how":"SIGKILL",.*a worker has ended/);
  });

  test('a connection that is on its way to a worker which ends is answered by another', async () => {
    // What a worker says of readiness may be a second old. A worker that does not listen yet gets no connections.
    await sleep(2000);
    await until('readiness', async () => JSON.stringify(await readiness(service)) === JSON.stringify(UP));
    const stuck = (await workersOf(service)).get(1)!;
    process.kill(stuck, 'SIGSTOP');
    const { hostname, port } = new URL(service.httpUrl);
    const ask = async (): Promise<string> => {
      const socket = connect(Number(port), hostname).setEncoding('utf8');
      socket.write('GET /healthz HTTP/1.1\r\nhost: holdfast\r\nconnection: close\r\n\r\n');
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    // Workers take turns, but not strictly: sooner or later, one connection is the stopped worker's.
    const answers: Promise<string>[] = [];
    await until('a connection on its way to the stopped worker', async () => {
      const answer = ask();
      answers.push(answer);
      return (await Promise.race([answer, sleep(1000)])) === undefined;
    });
    process.kill(stuck, 'SIGKILL');
    for (const answer of answers) expect(await answer).toContain('{"status":"UP"}');
  });

  test('SIGTERM: all workers answer what they have accepted, and none is left', async () => {
    await until('all workers', async () => (await workersOf(service)).size === 2);
    const id = 'inv_stopped';
    await stage.seed({ id, onHandQty: 100, reservedQty: 0 });
    const lock = await Session.open(stage.database.url);
    await lock.run('BEGIN');
    await lock.run(`SELECT FROM stock_levels WHERE id = '${id}' FOR UPDATE`);
    const callers = openCallers([service, service, service, service], stage, ['gRPC', 'REST']);
    const calls = callers.all.map((caller) => caller.call({ rpc: 'reserve', id, qty: 1 }));
    await until(
      'all calls',
      async () => (await figure(service.httpUrl, 'holdfast_queue_commands')) === calls.length,
    );
    const workers = [...(await workersOf(service)).values()];
    expect(workers).toHaveLength(2);
    service.child.kill('SIGTERM');
    await until('closed doors', () =>
      fetch(service.httpUrl).then(
        () => false,
        () => true,
      ),
    );
    await lock.run('ROLLBACK');
    await lock.close();
    for (const call of calls) expect(await call).toMatchObject({ kind: 'ok' });
    callers.close();
    expect(await service.exited).toEqual(STOPPED);
    expect(workers.filter(isRunning)).toEqual([]);
    await stage.expectAuditClean();
  });
});

describe('over TLS', () => {
  const pair = (name: string) => ['crt', 'key'].map((part) => join(tls, `${name}.${part}`));
  const tls = fileURLToPath(new URL('../support/tls', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-workers-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function put(name: string): void {
    for (const [i, path] of pair(name).entries()) copyFileSync(path, join(folder, ['crt', 'key'][i]!));
  }

  /** The subject of the certificate that a new connection gets. */
  async function subjectAt(address: string): Promise<string> {
    const { hostname, port } = new URL(address.includes('://') ? address : `https://${address}`);
    const socket = connectTls({
      host: hostname,
      port: Number(port),
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return `${subject.CN}`;
  }

  test('SIGHUP: both ports of all workers show the new certificate', async () => {
    put('stranger');
    const env = { ...WORKERS, TLS_CERT_FILE: join(folder, 'crt'), TLS_KEY_FILE: join(folder, 'key') };
    const service = await startService(onDatabase(stage.database.url, env));
    const shown = async (): Promise<string> => {
      const ports = [service.httpUrl, service.grpcAddress];
      const subjects = await Promise.all([...ports, ...ports, ...ports, ...ports].map(subjectAt));
      return [...new Set(subjects)].join(', ');
    };
    expect(await shown()).toBe('a stranger');
    put('server');
    service.child.kill('SIGHUP');
    await until('the new certificate', async () => (await shown()) === 'localhost');

    // A port that is in use is reported once, as by a single process.
    const { port } = new URL(service.httpUrl);
    const second = spawnHoldfast(['serve'], onDatabase(stage.database.url, { ...WORKERS, HTTP_PORT: port }));
    expect((await second.exited).code).toBe(1);
    expect(second.stderr().match(/^holdfast: .*HTTP_PORT.*$/gm)).toHaveLength(1);
  });
});
