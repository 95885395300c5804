import { prepareCluster, readPassword } from './cluster.js';
import { adminUrl, ensureDatabase, serviceUrl } from './database.js';
import { Holders } from './holders.js';
import { clusterExists, type Layout, prepareLayout } from './layout.js';
import { findPostmaster } from './server/postmaster.js';
import { ensureServer, type RunningServer, START_TIMEOUT_MS, stopServer } from './server/server.js';
import { Supervisor } from './server/supervisor.js';
import { TicketLock } from './ticket-lock.js';

export interface EmbeddedDatabase {
  /** postgresql://… URL (TCP on 127.0.0.1, scram password) of the database `holdfast`. Does not change. */
  readonly url: string;
  /** The same for the server's superuser, for tasks that the service itself never does. */
  readonly adminUrl: string;
  /** Leaves the server. The last process to leave stops it (fast shutdown) and waits for it. */
  close(): Promise<void>;
}

export interface EmbeddedDatabaseOptions {
  /** The folder of the database; created if missing. */
  readonly dataDir: string;
  log(message: string): void;
}

// The process that has the lock may be starting a server, which has its own limit.
const LOCK_TIMEOUT_MS = START_TIMEOUT_MS + 60_000;

/**
 * Opens the PostgreSQL in DATA_DIR, and starts it if it is not running.
 *
 * The server belongs to DATA_DIR, not to a process: the first process starts it, later ones join, and the last to leave
 * stops it. All of that happens under one lock, and no state is kept only in memory: `postmaster.pid` describes the
 * server, and each of its users has a file. So any process may be killed at any point, and the next one finds the
 * current state and continues from there.
 *
 * While open, a server that died is restarted at the same URL. Without `close`, it keeps running for the next process
 * to join.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const log = (message: string): void => options.log(message);
  const layout = await prepareLayout(options.dataDir);
  const lock = new TicketLock(layout.tickets, log);
  const holders = new Holders(layout.holders);

  const { server, password, holderId } = await lock.run(LOCK_TIMEOUT_MS, async () => {
    const others = await holders.live();
    const server = await ensureServer(layout, () => prepareCluster(layout, log), others[0]?.port);
    try {
      const password = await readPassword(layout);
      await ensureDatabase(server.port, password);
      return { server, password, holderId: await holders.add(server.port) };
    } catch (cause) {
      if (others.length === 0) await stopServer(server.process);
      throw cause;
    }
  });

  const supervisor = new Supervisor(server, log, () =>
    lock.run(LOCK_TIMEOUT_MS, () => revive(layout, server.port, log)),
  );

  const leave = async (): Promise<void> => {
    await supervisor.stop();
    await lock.run(LOCK_TIMEOUT_MS, async () => {
      await holders.remove(holderId);
      if ((await holders.live()).length > 0) return;
      const last = await findPostmaster(layout.cluster);
      if (last !== undefined) await stopServer(last.process);
    });
  };
  let left: Promise<void> | undefined;
  return {
    url: serviceUrl(server.port, password),
    adminUrl: adminUrl(server.port, password),
    close: () => {
      left ??= leave();
      return left;
    },
  };
}

async function revive(layout: Layout, port: number, log: (message: string) => void): Promise<RunningServer> {
  // An empty database in place of a removed one would look like success.
  if (!(await clusterExists(layout))) throw new Error(`${layout.cluster} is gone`);
  return ensureServer(layout, () => prepareCluster(layout, log), port);
}
