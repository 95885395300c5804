import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { type ClientReadableStream, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, doors, openCallers, type StockCall } from '../support/callers.js';
import {
  cleanUpProcesses,
  onDatabase,
  onDataDir,
  postmasterPid,
  type ServiceProcess,
  spawnHoldfast,
  startService,
  temporaryDataDir,
  until,
  untilServing,
} from '../support/process.js';
import { isRunning } from '../support/running.js';
import { createStage, type Stage } from '../support/stage.js';
import { Ledger } from './ledger.js';

const STOPPED = { code: 0, signal: null };
/** Long enough that a stop which waits for it fails its test. */
const NO_TIMEOUT = { SHUTDOWN_TIMEOUT_MS: '600000' };
/** A call waits for a record that the test has locked, and is not told to try again. */
const PATIENT = { LOCK_TIMEOUT_MS: '20000', STATEMENT_TIMEOUT_MS: '20000' };

let stage: Stage;
const closers: (() => void)[] = [];
beforeAll(async () => {
  stage = await createStage();
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await cleanUpProcesses();
});
afterAll(() => stage.close());

describe('under load', () => {
  test('what was accepted is answered; health and readiness turn at once; nobody else comes in', async () => {
    const service = await startService(onDatabase(stage.database.url, { ...PATIENT, ...NO_TIMEOUT }));
    const id = 'inv_held';
    await stage.seed({ id, onHandQty: 100, reservedQty: 0 });
    const lock = await holdRecord(id);
    const health = watchHealth(service);
    await until('SERVING', () => health.statuses.includes('SERVING'));

    const ledger = new Ledger();
    const callers = openCallers([service], stage);
    closers.push(callers.close);
    const calls = Array.from({ length: 48 }, (_, i): StockCall => {
      return { rpc: 'reserve', id, qty: 1, reference: `ORD-${i}` };
    });
    const answered = Promise.all(
      calls.map(async (call, i) => ledger.add(call, await callers.all[i % callers.all.length]!.call(call))),
    );
    const socket = await openSocket(service);
    socket.write(reserveBytes(id, service));
    calls.push({ rpc: 'reserve', id, qty: 1 });
    await until('all calls', async () => (await callsInProgress(service)) === calls.length);

    service.child.kill('SIGTERM');
    await until('NOT_SERVING', () => health.statuses.includes('NOT_SERVING'));
    await until('closed doors', () => isRefused(service.httpUrl));
    expect(await isRefused(`http://${service.grpcAddress}`)).toBe(true);
    // During the stop, only a connection with a call in progress is still served.
    socket.write('GET /readyz HTTP/1.1\r\nhost: holdfast\r\n\r\n');
    expect(ledger.entries).toEqual([]);

    await lock.release();
    await answered;
    expect(ledger.accepted()).toHaveLength(48);
    const text = await socket.text;
    expect([...text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '503']);
    expect(text).toContain('{"status":"DOWN","service":"stopping"}');
    expect(await service.exited).toEqual(STOPPED);
    expect(service.stderr()).not.toContain('timeout');
    expect(await reservedQty(id)).toBe(49);
    await stage.expectAuditClean();
  });

  test('calls without an answer had no effect', async () => {
    const service = await startService(onDatabase(stage.database.url, NO_TIMEOUT));
    const id = 'inv_busy';
    const onHandQty = 1_000_000;
    await stage.seed({ id, onHandQty, reservedQty: 0 });
    const ledger = new Ledger();
    const callers = openCallers(Array(8).fill(service), stage);
    closers.push(callers.close);
    // The calls have no keys and are not tried again, so that an effect without an answer shows.
    const clients = callers.all.map(async (caller, client) => {
      for (let n = 0, last: Answer['kind'] = 'ok'; last === 'ok'; n++) {
        const call: StockCall = { rpc: 'reserve', id, qty: 1, reference: `ORD-${client}-${n}` };
        const answer = await caller.call(call);
        last = answer.kind;
        ledger.add(call, answer);
      }
    });
    await until('load', () => ledger.entries.length > 500);
    expect(await service.end('SIGTERM')).toEqual(STOPPED);
    await Promise.all(clients);

    const reasons = ledger.entries.map(({ answer }) =>
      answer.kind === 'refused' ? answer.reason : answer.kind,
    );
    expect(reasons.filter((r) => !['ok', 'unanswered', 'SHUTTING_DOWN'].includes(r))).toEqual([]);
    await ledger.expectEqual(stage.database, { merchantId: stage.merchantId, id, onHandQty, reservedQty: 0 });
    await stage.expectAuditClean();
  });

  test('a call that does not end is cut off after SHUTDOWN_TIMEOUT_MS, and takes no effect', async () => {
    const service = await startService(
      onDatabase(stage.database.url, { ...PATIENT, SHUTDOWN_TIMEOUT_MS: '300' }),
    );
    const id = 'inv_endless';
    await stage.seed({ id, onHandQty: 10, reservedQty: 0 });
    const lock = await holdRecord(id);
    const callers = openCallers([service], stage);
    closers.push(callers.close);
    const answers = Promise.all(callers.all.map((caller) => caller.call({ rpc: 'reserve', id, qty: 1 })));
    await until('all calls', async () => (await callsInProgress(service)) === callers.all.length);

    expect(await service.end('SIGTERM')).toEqual(STOPPED);
    expect(service.stderr()).toContain('the shutdown timeout passed with calls still in progress');
    expect((await answers).map(({ kind }) => kind)).toEqual(doors.map(() => 'unanswered'));
    await lock.release();
    await until('the end of its sessions', async () => {
      const sessions = await stage.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`,
      );
      return sessions.length === 0;
    });
    expect(await reservedQty(id)).toBe(0);
  });
});

describe('idle', () => {
  const openings: { name: string; open: (service: ServiceProcess) => Promise<unknown> }[] = [
    { name: 'a connection that has not said a word', open: openSocket },
    {
      name: 'a kept-alive HTTP/1.1 connection',
      open: async (service) => {
        const socket = await openSocket(service);
        socket.write('GET /healthz HTTP/1.1\r\nhost: holdfast\r\n\r\n');
        await once(socket.tcp, 'data');
      },
    },
    {
      name: 'half a request',
      open: async (service) => {
        const socket = await openSocket(service);
        socket.write('GET /healthz HTTP/1.1\r\nhost: hold');
      },
    },
    { name: 'an h2c session without a request', open: openSession },
    {
      name: 'an h2c session after a request',
      open: async (service) => {
        const stream = (await openSession(service)).request({ ':path': '/healthz' });
        await once(stream.resume(), 'end');
      },
    },
    {
      name: 'a health Watch',
      open: async (service) => {
        const health = watchHealth(service);
        await until('a status', () => health.statuses.length > 0);
      },
    },
    { name: 'a reflection stream', open: openReflection },
  ];

  // One service for all of them, since each start costs a second. If any of them delays the stop, the test fails.
  test(`does not hold up the end: ${openings.map(({ name }) => name).join(', ')}`, async () => {
    const service = await startService(onDatabase(stage.database.url, NO_TIMEOUT));
    for (const { open } of openings) await open(service);
    expect(await service.end('SIGTERM')).toEqual(STOPPED);
    expect(service.stderr()).not.toContain('timeout');
  });

  test('SIGINT stops as SIGTERM does; twice at once, as npm and a terminal send it, is once', async () => {
    const service = await startService(onDatabase(stage.database.url));
    service.child.kill('SIGINT');
    service.child.kill('SIGINT');
    expect(await service.exited).toEqual(STOPPED);
    expect(service.stderr()).not.toContain('rror');
  });
});

describe('impatience', () => {
  test('a second signal does not wait for calls in progress', async () => {
    const service = await startService(onDatabase(stage.database.url, { ...PATIENT, ...NO_TIMEOUT }));
    const id = 'inv_second';
    await stage.seed({ id, onHandQty: 10, reservedQty: 0 });
    const lock = await holdRecord(id);
    const socket = await openSocket(service);
    socket.write(reserveBytes(id, service));
    await until('the call', async () => (await callsInProgress(service)) === 1);

    let exited = false;
    void service.exited.then(() => {
      exited = true;
    });
    await until('the end', () => {
      service.child.kill('SIGTERM');
      return exited;
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    await lock.release();
  });

  test('SIGTERM during the first start: it ends cleanly, and the next start works', async () => {
    const dataDir = await temporaryDataDir();
    const starting = spawnHoldfast(['serve'], onDataDir(dataDir));
    await until('the start', () => starting.stderr().includes('creating the embedded database'));
    expect(await starting.end('SIGTERM')).toEqual(STOPPED);
    expect(await readdir(`${dataDir}/postgres-run/holders`)).toEqual([]);
    expect(await postmasterPid(dataDir)).toBeUndefined();

    const service = await untilServing(spawnHoldfast(['serve'], onDataDir(dataDir)));
    const pid = (await postmasterPid(dataDir))!;
    expect(await service.end('SIGTERM')).toEqual(STOPPED);
    expect(isRunning(pid)).toBe(false);
  });
});

/** Locks a record as another transaction would. */
async function holdRecord(id: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: stage.database.url });
  client.on('error', () => {});
  await client.connect();
  closers.push(() => void client.end().catch(() => {}));
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id = $2 FOR UPDATE', [
    stage.merchantId,
    id,
  ]);
  return { release: async () => void (await client.query('COMMIT')) };
}

/** The number of calls that wait in the engine, for a transaction or for the record. */
async function callsInProgress({ httpUrl }: ServiceProcess): Promise<number> {
  const metrics = await (await fetch(`${httpUrl}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
  return figure('holdfast_queue_commands');
}

async function reservedQty(id: string): Promise<number> {
  const [row] = await stage.database.query<{ reserved_qty: number }>(
    'SELECT reserved_qty FROM stock_levels WHERE merchant_id = $1 AND id = $2',
    [stage.merchantId, id],
  );
  return row!.reserved_qty;
}

async function isRefused(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

interface RawSocket {
  readonly tcp: Socket;
  write(text: string): void;
  /** Everything that came, once the service has closed the connection. */
  readonly text: Promise<string>;
}

async function openSocket({ httpUrl }: ServiceProcess): Promise<RawSocket> {
  const { hostname, port } = new URL(httpUrl);
  const tcp = connect(Number(port), hostname);
  closers.push(() => tcp.destroy());
  tcp.on('error', () => {});
  const received: Buffer[] = [];
  tcp.on('data', (bytes) => received.push(bytes));
  const text = once(tcp, 'close').then(() => Buffer.concat(received).toString());
  await once(tcp, 'connect');
  return { tcp, text, write: (bytes) => void tcp.write(bytes) };
}

function reserveBytes(id: string, { httpUrl }: ServiceProcess): string {
  const body = '{"qty":1}';
  return [
    `PATCH /v1/inventory/${id}/reserve HTTP/1.1`,
    `host: ${new URL(httpUrl).host}`,
    `authorization: Bearer ${stage.token}`,
    `x-merchantapikey: ${stage.apiKey}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

async function openSession({ httpUrl }: ServiceProcess): Promise<ClientHttp2Session> {
  const session = connectHttp2(httpUrl);
  closers.push(() => session.destroy());
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

function grpcClient({ grpcAddress }: ServiceProcess): GrpcClient {
  const client = new GrpcClient(grpcAddress, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  closers.push(() => client.close());
  return client;
}

const bytes = (buffer: Buffer): Buffer => buffer;

/** grpc.health.v1.Health/Watch, read by hand: field 1 of each message is the status. */
function watchHealth(service: ServiceProcess): { readonly statuses: string[] } {
  const statuses: string[] = [];
  const watch: ClientReadableStream<Buffer> = grpcClient(service).makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    bytes,
    bytes,
    Buffer.alloc(0),
  );
  watch.on('error', () => {});
  watch.on('data', (message: Buffer) => {
    statuses.push(['UNKNOWN', 'SERVING', 'NOT_SERVING'][message[1] ?? 0] ?? 'other');
  });
  return { statuses };
}

async function openReflection(service: ServiceProcess): Promise<void> {
  const stream = grpcClient(service).makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    bytes,
    bytes,
  );
  stream.on('error', () => {});
  // list_services, field 7: an empty string.
  stream.write(Buffer.from([0x3a, 0x00]));
  await once(stream, 'data');
}
