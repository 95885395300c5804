import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, identify, type ProcessIdentity, unlessGone } from '../process-identity.js';

/** A live server of our cluster, as described in its `postmaster.pid`. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
  /** `starting`, `ready` or `stopping`; empty until the server has written it. */
  readonly status: string;
}

const HALF_WRITTEN_GRACE_MS = 1_000;

/** Finds the server that runs on this cluster, no matter which process started it. */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = ((await readFile(pidFile(cluster), 'utf8').catch(unlessGone)) ?? '').split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const process = await identify(pid);
  // Another process may have the pid by now. The server is recognised by its command line, which every account may
  // read, unlike its working folder.
  if (process === undefined || !(await commandLine(pid)).includes(`postgres -D ${cluster} `))
    return undefined;
  return { process, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/**
 * Removes a `postmaster.pid` that would keep a server from starting although no server is running. Its pid may belong
 * to another process or to a zombie (in a container whose first process reaps none), or a crash left it empty.
 * PostgreSQL itself handles a pid that no process has. The caller holds the lock and has found no server.
 */
export async function clearStalePidFile(cluster: string): Promise<void> {
  const read = (): Promise<string | undefined> => readFile(pidFile(cluster), 'utf8').catch(() => undefined);
  let text = await read();
  if (text?.trim() === '') {
    // A server that somebody else has just started creates the file a moment before it writes it.
    await sleep(HALF_WRITTEN_GRACE_MS);
    text = await read();
  }
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  const blocks = !(pid > 0) || isTaken(pid);
  if (blocks && (await findPostmaster(cluster)) === undefined) await rm(pidFile(cluster), { force: true });
}

/** Checks as PostgreSQL does, which counts a zombie as a process. */
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
