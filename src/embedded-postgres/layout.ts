import { chmod, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/**
 * Where the embedded database keeps what it owns inside DATA_DIR.
 *
 * The cluster is the only folder that may belong to another account. What several Holdfast processes
 * tell each other lies beside it, so that the server's account can never touch it.
 */
export interface Layout {
  /** DATA_DIR, absolute and free of symbolic links: the server is recognised by this path. */
  readonly dataDir: string;
  /** The cluster; it exists under this name only once initdb has finished. */
  readonly cluster: string;
  /** Prefix of folders in which a cluster is being made. Any that the lock's holder finds is a leftover. */
  readonly initPrefix: string;
  readonly tickets: string;
  readonly holders: string;
  readonly serverLog: string;
}

/** Creates what is missing of DATA_DIR and returns its parts. */
export async function prepareLayout(dataDirOption: string): Promise<Layout> {
  const wanted = resolve(dataDirOption);
  try {
    await mkdir(dirname(wanted), { recursive: true });
    const created = await createFolder(wanted);
    const dataDir = await realpath(wanted);
    // As root the server runs under another account, which has to pass through DATA_DIR to its cluster.
    // Passing is all that 0711 grants; every file with a secret in it is 0600 besides.
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
      `DATA_DIR ${wanted} cannot be used by this account: it, or a folder above it, belongs to another one`,
      { cause },
    );
  }
}

/** Whether a finished cluster is there. */
export async function clusterExists(layout: Layout): Promise<boolean> {
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

/** Removes a folder that another process may still be writing to: what is left goes the next time. */
export async function removeLeftover(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }).catch(() => undefined);
}

/** Returns false if it was there; one that was keeps its mode. */
async function createFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}
