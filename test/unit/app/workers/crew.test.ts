import cluster, { type Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { Addresses } from '../../../../src/app/ports.js';
import { up } from '../../../../src/app/readiness.js';
import { Crew } from '../../../../src/app/workers/crew.js';
import type { ToPrimary } from '../../../../src/app/workers/messages.js';
import { WorkerFailed } from '../../../../src/app/workers/worker-failed.js';
import { loadConfig } from '../../../../src/config.js';
import { createLogger } from '../../../../src/telemetry/logger.js';

const REACHED: Addresses = {
  addresses: { httpUrl: 'http://127.0.0.1:1', grpcAddress: '127.0.0.1:2' },
  metricsUrl: undefined,
};

/** A worker without a process: it does what the test says. */
class ScriptedWorker extends EventEmitter {
  readonly told: string[] = [];
  readonly process = Object.assign(new EventEmitter(), {
    pid: 1,
    connected: true,
    stdio: [null, null, null, null, new Socket()],
    send: () => true,
    disconnect: () => {},
    kill: () => queueMicrotask(() => this.end(null, 'SIGKILL')),
  });

  isConnected(): boolean {
    return true;
  }

  send({ kind }: { kind: string }): void {
    this.told.push(kind);
    if (kind === 'status') queueMicrotask(() => this.say({ kind: 'answers' }));
    if (kind === 'stop') queueMicrotask(() => this.end(0, null));
  }

  say(message: ToPrimary): void {
    this.emit('message', message);
  }

  serve(): void {
    this.say({ kind: 'hears' });
    this.say({ kind: 'listening', reached: REACHED });
  }

  end(code: number | null, signal: string | null): void {
    this.process.emit('exit', code, signal);
    this.emit('exit', code, signal);
  }
}

/** A worker as node leaves it when this process has no descriptors left. */
class StillbornWorker extends EventEmitter {
  readonly process = Object.assign(new EventEmitter(), {
    pid: undefined,
    connected: false,
    kill: () => false,
  });

  constructor() {
    super();
    process.nextTick(() => this.emit('error', new Error('spawn node EMFILE')));
  }
}

const stillborn = () => new StillbornWorker();
const none = () => {
  throw new Error('spawn ENOMEM');
};

/** The next workers are these, in turn. */
function script(...workers: (ScriptedWorker | (() => StillbornWorker))[]): void {
  vi.spyOn(cluster, 'setupPrimary').mockReturnValue();
  vi.spyOn(cluster, 'fork').mockImplementation(() => {
    const next = workers.shift();
    if (next === undefined) throw new Error('the script has ended');
    return (typeof next === 'function' ? next() : next) as Worker;
  });
}

function crewOf(workers: number): Crew {
  const secret = 'a secret for tokens, of 32 bytes or more';
  const engine = {
    submit: () => Promise.resolve({ kind: 'key_reused' } as const),
    drain: () => Promise.resolve(),
  };
  return new Crew({
    config: loadConfig({ JWT_SECRET: secret, WORKERS: String(workers) }),
    logger: createLogger('silent'),
    engine,
    onMessage: () => {},
    onEnd: () => {},
  });
}

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
  vi.restoreAllMocks();
});

test('workers that cannot be started fail the start, and the stop after it ends', async () => {
  process.execPath = '/nowhere/node';
  const crew = crewOf(2);
  const failure = await crew.start().catch((error) => error);
  expect(failure).toBeInstanceOf(WorkerFailed);
  expect(failure.message).toBe('worker 1 could not start: spawn /nowhere/node ENOENT');
  await crew.stop(0);
  expect(crew.workers).toEqual([]);
});

test.each([
  ['there is no descriptor for it', stillborn, 'spawn node EMFILE'],
  ['node throws', none, 'spawn ENOMEM'],
])('so does one when %s', async (_, worker, why) => {
  const first = new ScriptedWorker();
  script(first, worker);
  const crew = crewOf(2);
  const started = crew.start().catch((error) => error);
  first.serve();
  expect(await started).toEqual(new WorkerFailed(`worker 2 could not start: ${why}`));
  await crew.stop(0);
  expect(crew.workers).toEqual([]);
});

test('a place is tried again until there is a worker for it', async () => {
  const workers = [new ScriptedWorker(), new ScriptedWorker()];
  const another = new ScriptedWorker();
  script(...workers, none, stillborn, another);
  const crew = crewOf(2);
  const started = crew.start();
  for (const worker of workers) worker.serve();
  expect(await started).toEqual(REACHED);
  workers[0]!.end(1, null);
  expect(crew.finding).toEqual({ is: 'degraded', why: '1 of 2 answer' });
  await vi.waitFor(() => expect(cluster.fork).toHaveBeenCalledTimes(5), 5000);
  another.serve();
  expect(another.told).toEqual(['start', 'status']);
  expect(crew.finding).toEqual(up);
  await crew.stop(0);
});

test('a worker that ends while others start is replaced, too', async () => {
  const [first, second, another] = [new ScriptedWorker(), new ScriptedWorker(), new ScriptedWorker()];
  script(first, second, another);
  const crew = crewOf(2);
  const started = crew.start();
  first.serve();
  first.end(null, 'SIGSEGV');
  second.serve();
  await started;
  await vi.waitFor(() => expect(cluster.fork).toHaveBeenCalledTimes(3), 5000);
  another.serve();
  expect(crew.finding).toEqual(up);
  await crew.stop(0);
});
