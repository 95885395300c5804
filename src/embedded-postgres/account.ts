import { execFile } from 'node:child_process';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clusterExists, type Layout, runsAsRoot } from './layout.js';

/** The account under which PostgreSQL runs when Holdfast runs as root, which PostgreSQL refuses to do. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

// One of these exists almost everywhere; initdb requires an account with a name.
const candidates = ['postgres', 'nobody'];

/** Undefined for an ordinary user: PostgreSQL then runs as that user. */
export async function chooseAccount(layout: Layout): Promise<Account | undefined> {
  if (!runsAsRoot()) return undefined;
  if (await clusterExists(layout)) {
    const { uid, gid } = await stat(layout.cluster);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of candidates) {
    const account = await lookUp(name);
    if (account !== undefined && account.uid !== 0) return account;
  }
  throw new Error(
    `PostgreSQL does not run as root and there is no account ${candidates.join(' or ')} to run it as; ` +
      'run Holdfast as an ordinary user, or set DATABASE_URL',
  );
}

/** Gives a cluster that root copied or restored to the account that will run it. */
export async function handOver(folder: string, account: Account): Promise<void> {
  if ((await stat(folder)).uid === account.uid) return;
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), account.uid, account.gid);
  }
  // Last, because the folder's owner shows that the work is done.
  await chown(folder, account.uid, account.gid);
}

async function lookUp(name: string): Promise<Account | undefined> {
  const run = promisify(execFile);
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return undefined;
  }
}
