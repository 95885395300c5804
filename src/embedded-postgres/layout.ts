import { chmod, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/**
 * Where the embedded database keeps its files inside DATA_DIR.
 *
 * Only the cluster's folder may belong to another account. Files that Holdfast processes share are outside it, so that
 * the server's account can never touch them.
 */
export interface Layout {
  /** DATA_DIR, absolute and free of symbolic links: the server is recognised by this path. */
  readonly dataDir: string;
  /** The cluster. It has this name only after initdb has finished. */
  readonly cluster: string;
  /** Prefix of folders in which a cluster is being created. Any that the holder of the lock finds is a leftover. */
  readonly initPrefix: string;
  readonly tickets: string;
  readonly holders: string;
  readonly serverLog: string;
}

/** Creates the missing parts of DATA_DIR and returns all of them. */
export async function prepareLayout(dataDirOption: string): Promise<Layout> {
  const wanted = resolve(dataDirOption);
  try {
    await mkdir(dirname(wanted), { recursive: true });
    const created = await createFolder(wanted);
    const dataDir = await realpath(wanted);
    // For root, the server runs under another account, which must pass through DATA_DIR to its cluster. 0711 grants no
    // more than that, and every file with a secret is 0600.
    if (created && runsAsRoot()) await chmod(dataDir, 0o711);

    const run = join(dataDir, 'postgres-run');
    const layout: Layout = {
      dataDir,
      cluster: join(dataDir, 'postgres'),
      initPrefix: join(dataDir, 'postgres.init-'),
      tickets: join(run, 'lock'),
      holders: join(run, 'holders'),
      serverLog: join(run, 'server.log'),
    };
    for (const folder of [run, layout.tickets, layout.holders]) await createFolder(folder);
    return layout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') throw cause;
    throw new Error(
      `DATA_DIR ${wanted} cannot be used by this account: it or a folder above it belongs to another account`,
      { cause },
    );
  }
}

/** Returns whether DATA_DIR has a database, without making anything. */
export function databaseExists(dataDir: string): Promise<boolean> {
  return clusterExists({ cluster: join(resolve(dataDir), 'postgres') });
}

/** Returns whether there is a finished cluster. */
export async function clusterExists(layout: Pick<Layout, 'cluster'>): Promise<boolean> {
  try {
    await stat(join(layout.cluster, 'PG_VERSION'));
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EACCES') throw cause;
    throw new Error(`${layout.cluster} belongs to another account; run as that account or as root`, {
      cause,
    });
  }
}

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Removes a folder that another process may still be writing to; what remains is removed next time. */
export async function removeLeftover(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }).catch(() => undefined);
}

/** Returns false if the folder existed; then its mode stays. */
async function createFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}
