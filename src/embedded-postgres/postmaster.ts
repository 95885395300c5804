import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, identify, type ProcessIdentity, unlessGone } from './process-identity.js';

/** A live server of our cluster, as it describes itself in `postmaster.pid`. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
  /** `starting`, `ready` or `stopping`; empty until it has said so for the first time. */
  readonly status: string;
}

const HALF_WRITTEN_GRACE_MS = 1_000;

/** The server that runs on this cluster, whoever started it. */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = ((await readFile(pidFile(cluster), 'utf8').catch(unlessGone)) ?? '').split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const process = await identify(pid);
  // The pid may have gone to a stranger since. The server is told by its command line, which every account
  // may read, unlike its working folder.
  if (process === undefined || !(await commandLine(pid)).includes(`postgres -D ${cluster} `))
    return undefined;
  return { process, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/**
 * Removes a `postmaster.pid` that would keep a server from starting although none runs: one whose pid now
 * belongs to a stranger or to a zombie (in a container whose first process buries nobody), or one that
 * a crash left empty. PostgreSQL deals by itself with a pid that nobody has.
 * The caller holds the lock and has found no server.
 */
export async function clearStalePidFile(cluster: string): Promise<void> {
  const read = (): Promise<string | undefined> => readFile(pidFile(cluster), 'utf8').catch(() => undefined);
  let text = await read();
  if (text?.trim() === '') {
    // Written a moment after it is created, if by a server that somebody else has just started.
    await sleep(HALF_WRITTEN_GRACE_MS);
    text = await read();
  }
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  const blocks = !(pid > 0) || isTaken(pid);
  if (blocks && (await findPostmaster(cluster)) === undefined) await rm(pidFile(cluster), { force: true });
}

/** As PostgreSQL sees it, to which a zombie is a process like any other. */
function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function pidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}
