import {
  accessSync,
  chmodSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isRunning } from './running.js';

/** A run's databases take about a third of this at most. */
const BYTES_MIN = 4 * 2 ** 30;

/** Memory that looks like a disk, on Linux. */
const SHARED_MEMORY = '/dev/shm';

/**
 * Makes the folder for the databases of a run: in memory if there is plenty, since they are made and dropped by the
 * hundred and nobody needs them afterwards. What a run that was killed has left behind is removed first.
 */
export function makeRunFolder(): string {
  const parent = hasRoom(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
  removeLeftovers(parent);
  const folder = mkdtempSync(join(parent, `holdfast-test-${process.pid}-`));
  // As another account, PostgreSQL must get through.
  chmodSync(folder, 0o755);
  return folder;
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= BYTES_MIN;
  } catch {
    return false;
  }
}

function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^holdfast-test-(\d+)-/.exec(name)?.[1] ?? process.pid);
    if (pid === process.pid || isRunning(pid)) continue;
    const folder = join(parent, name);
    const files = readdirSync(folder, { encoding: 'utf8', recursive: true });
    for (const file of files) if (basename(file) === 'postmaster.pid') endServer(join(folder, file));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** At once: nobody needs what it would still write. */
function endServer(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (pid > 1) process.kill(pid, 'SIGQUIT');
  } catch {
    // None runs there.
  }
}
