import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster.js';
import type { Layout } from '../layout.js';
import { findFreePort } from '../port.js';
import { identify, isAlive, type ProcessIdentity } from '../process-identity.js';
import { clearStalePidFile, findPostmaster } from './postmaster.js';
import { serverArguments } from './server-arguments.js';
import { ServerLog } from './server-log.js';

export interface RunningServer {
  readonly process: ProcessIdentity;
  readonly port: number;
}

const POLL_MS = 15;
const RETRY_PAUSE_MS = 250;
/** Covers the replay of `max_wal_size` after a crash, on a slow disk. */
export const START_TIMEOUT_MS = 240_000;
/** How long to retry a start that fails for a passing reason. */
const PASSING_TIMEOUT_MS = 30_000;
const FAST_STOP_TIMEOUT_MS = 60_000;
const IMMEDIATE_STOP_TIMEOUT_MS = 10_000;

// A failed start gives its reason only in its log: the exit status is always 1.
const passingReasons: readonly RegExp[] = [
  /Address already in use/, // another process took the port after it was found free, or still has it
  /pre-existing shared memory block .* is still in use/, // backends of a killed server are still finishing a statement
  /lock file "postmaster\.pid" already exists/, // a server whose starting process died got there first
];

/**
 * Returns the server that runs on the cluster, or starts one, and waits until it is ready. The caller holds the lock.
 *
 * @param wantedPort the port for a new server; any free one if undefined. A running server keeps its own.
 */
export async function ensureServer(
  layout: Layout,
  prepare: () => Promise<Cluster>,
  wantedPort: number | undefined,
): Promise<RunningServer> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const passingDeadline = Date.now() + PASSING_TIMEOUT_MS;
  for (;;) {
    const found = await findPostmaster(layout.cluster);
    if (found !== undefined) {
      const ready = await untilReady(layout, found.process, deadline);
      if (ready !== undefined) return ready;
    }
    const cluster = await prepare();
    await clearStalePidFile(layout.cluster);
    const log = await ServerLog.open(layout.serverLog);
    try {
      const process = await launch(layout, cluster, wantedPort ?? (await findFreePort()), log);
      const ready = process && (await untilReady(layout, process, deadline));
      if (ready !== undefined) return ready;
      const reason = await log.sinceOpened();
      const passing = passingReasons.some((pattern) => pattern.test(reason));
      if (!passing || Date.now() > passingDeadline) {
        throw new Error(`the embedded PostgreSQL did not start: ${reason} (log: ${layout.serverLog})`);
      }
    } finally {
      await log.handle.close();
    }
    await sleep(RETRY_PAUSE_MS);
  }
}

/** Stops the server, ends its connections, and waits until it is gone. */
export async function stopServer(server: ProcessIdentity): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', FAST_STOP_TIMEOUT_MS],
    ['SIGQUIT', IMMEDIATE_STOP_TIMEOUT_MS],
  ];
  for (const [signal, timeoutMs] of steps) {
    if (!(await isAlive(server))) return;
    process.kill(server.pid, signal);
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(POLL_MS)) {
      if (!(await isAlive(server))) return;
    }
  }
  throw new Error(`the embedded PostgreSQL (process ${server.pid}) does not stop`);
}

/** Starts a server in a separate session, so that it outlives this process in every case. */
async function launch(
  layout: Layout,
  { binaries, launcher }: Cluster,
  port: number,
  log: ServerLog,
): Promise<ProcessIdentity | undefined> {
  const { command, args, options } = launcher(binaries.postgres, serverArguments(layout.cluster, port));
  const fd = log.handle.fd;
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', fd, fd] });
  await once(child, 'spawn');
  child.unref();
  return child.pid === undefined ? undefined : identify(child.pid);
}

/** Resolves to undefined if the server exits instead. */
async function untilReady(
  layout: Layout,
  server: ProcessIdentity,
  deadline: number,
): Promise<RunningServer | undefined> {
  while (await isAlive(server)) {
    const found = await findPostmaster(layout.cluster);
    if (found?.status === 'ready' && found.process.pid === server.pid) return found;
    if (Date.now() > deadline) {
      await stopServer(server);
      throw new Error(`the embedded PostgreSQL was not ready in time (log: ${layout.serverLog})`);
    }
    await sleep(POLL_MS);
  }
  return undefined;
}
