import { CommitGate } from './commit-gate.js';
import type { TestDatabase } from './database.js';
import { type EngineOptions, Session, startEngine, type TestEngine } from './engine-stage.js';
import { test as base } from './fixtures.js';
import { TcpProxy } from './tcp-proxy.js';

/** No limit of the server's ends a wait; only the test does. */
export const PATIENT: EngineOptions = { database: { lockTimeoutMs: 60_000, statementTimeoutMs: 60_000 } };

/** Starts engines, and has all of them ended together. */
function starter(
  url: string,
  onCleanup: (end: () => Promise<void>) => void,
): (options?: EngineOptions) => Promise<TestEngine> {
  const started: TestEngine[] = [];
  onCleanup(async () => {
    await Promise.all(started.map((engine) => engine.close()));
  });
  return async (options) => {
    const engine = await startEngine(url, options);
    started.push(engine);
    return engine;
  };
}

const started = base
  /** For engines of the test's own, with limits that it chooses. */
  .extend('start', ({ database }, { onCleanup }) => starter(database.url, onCleanup))
  /** A session of somebody whose locks are in the way. */
  .extend('session', async ({ database }, { onCleanup }) => {
    const session = await Session.open(database.url);
    onCleanup(() => session.close());
    return session;
  });

/** Two engines for each test. */
export const test = started.extend('engine', ({ start }) => start()).extend('other', ({ start }) => start());

/** The same, but `engine` is behind a proxy that breaks its connections at chosen moments. */
export const withProxy = test
  .extend('proxied', async ({ database }, { onCleanup }) => {
    const proxied = await TcpProxy.start(database.url);
    onCleanup(() => proxied.proxy.close());
    return proxied;
  })
  .extend('proxy', ({ proxied }) => proxied.proxy)
  .extend('startBehind', ({ proxied }, { onCleanup }) =>
    starter(proxied.url, (end) =>
      onCleanup(() => {
        // An engine ends once it has answered everybody.
        proxied.proxy.comeBack();
        return end();
      }),
    ),
  )
  .extend('engine', ({ startBehind }) => startBehind())
  .extend('patient', ({ startBehind }) => startBehind(PATIENT))
  .extend('shutGate', { scope: 'file' }, ({ database }) => CommitGate.install(database))
  .extend('gate', ({ session, shutGate }) => shutGate(session));

const lasting = async (
  { database }: { database: TestDatabase },
  { onCleanup }: { onCleanup(end: () => Promise<void>): void },
): Promise<TestEngine> => {
  const engine = await startEngine(database.url);
  onCleanup(() => engine.close());
  return engine;
};

/** Two engines for the whole file, where tests look at what was done rather than how. */
export const withLastingEngines = started
  .extend('engine', { scope: 'file' }, lasting)
  .extend('other', { scope: 'file' }, lasting);
