import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, chooseAccount, handOver } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { chooseLauncher, type Launcher, runToEnd } from './launcher.js';
import { clusterExists, type Layout, removeLeftover } from './layout.js';
import { HOST_ACCESS } from './server/server-arguments.js';

export const SUPERUSER = 'holdfast';

const INIT_TIMEOUT_MS = 180_000;
// In the cluster, so that both are created, moved and restored together.
const PASSWORD_FILE = 'holdfast.password';

/** What is needed to run PostgreSQL on an existing cluster. */
export interface Cluster {
  readonly binaries: Binaries;
  readonly launcher: Launcher;
}

/** Creates the cluster if it is missing. The caller holds the lock. */
export async function prepareCluster(layout: Layout, log: (message: string) => void): Promise<Cluster> {
  const binaries = await findBinaries();
  const account = await chooseAccount(layout);
  const launcher = chooseLauncher(binaries, layout.dataDir, account);
  for (const name of await readdir(layout.dataDir)) {
    const path = join(layout.dataDir, name);
    if (path.startsWith(layout.initPrefix)) await removeLeftover(path);
  }
  if (!(await clusterExists(layout))) {
    log(`creating the embedded database in ${layout.dataDir}`);
    await initialise(layout, binaries, launcher, account);
  } else if (account !== undefined) {
    await handOver(layout.cluster, account);
  }
  return { binaries, launcher };
}

export async function readPassword(layout: Layout): Promise<string> {
  return (await readFile(join(layout.cluster, PASSWORD_FILE), 'utf8')).trim();
}

/**
 * Creates the cluster under another name and renames it as the last step. A process that dies before that leaves a
 * folder that the next start removes; after it, the cluster is complete.
 */
async function initialise(
  layout: Layout,
  binaries: Binaries,
  launcher: Launcher,
  account: Account | undefined,
): Promise<void> {
  const workshop = await mkdtemp(layout.initPrefix);
  const cluster = join(workshop, 'cluster');
  const password = join(workshop, PASSWORD_FILE);
  const giveAway = async (path: string): Promise<void> => {
    if (account !== undefined) await chown(path, account.uid, account.gid);
  };
  try {
    await mkdir(cluster, { mode: 0o700 });
    await writeFile(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    for (const path of [workshop, cluster, password]) await giveAway(path);

    await runToEnd(
      launcher(binaries.initdb, [
        ...['--pgdata', cluster, '--username', SUPERUSER, '--pwfile', password],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale'],
      ]),
      INIT_TIMEOUT_MS,
    );
    await writeFile(join(cluster, 'pg_hba.conf'), HOST_ACCESS);
    await rename(password, join(cluster, PASSWORD_FILE));
    await sync(join(cluster, 'pg_hba.conf'), join(cluster, PASSWORD_FILE), cluster);
    await rename(cluster, layout.cluster).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
      throw new Error(
        `${layout.cluster} is not empty but holds no PostgreSQL cluster; move it away or restore it`,
        { cause },
      );
    });
    await sync(layout.dataDir);
  } catch (cause) {
    throw new Error(`the embedded database could not be created: ${(cause as Error).message}`, { cause });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function sync(...paths: string[]): Promise<void> {
  for (const path of paths) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  }
}
