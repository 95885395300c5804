import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Identifies one process for certain. A pid alone does not: it is reused after its process has died, and soon after a
 * reboot or a restart of the container.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, only for comparison; contains no blanks. */
  readonly startedAt: string;
}

const run = promisify(execFile);
const hasProc = existsSync('/proc/self/stat');
let bootId: Promise<string> | undefined;

/** Finds the live process with this pid; a zombie counts as dead. Throws when that cannot be determined. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = await (hasProc ? startFromProc(pid) : startFromPs(pid));
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startedAt === identity.startedAt;
}

/** The command line with blanks between its words and one at the end; empty if there is no such process. */
export async function commandLine(pid: number): Promise<string> {
  if (hasProc) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(unlessGone);
    return (words ?? '').replaceAll('\0', ' ');
  }
  return `${await ps(pid, 'command=')} `;
}

// Field numbers as in proc(5); the command's name, field 2, may contain blanks and brackets.
async function startFromProc(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(unlessGone);
  if (text === undefined) return undefined;
  const fromThird = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fromThird[0];
  const startTicks = fromThird[22 - 3];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${(await bootId).trim()}:${startTicks}`;
}

async function startFromPs(pid: number): Promise<string | undefined> {
  const state = await ps(pid, 'stat=');
  if (state === '' || state.startsWith('Z')) return undefined;
  return (await ps(pid, 'lstart=')).replaceAll(/\s+/g, '_') || undefined;
}

async function ps(pid: number, column: string): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const { stdout } = await run('ps', ['-ww', '-o', column, '-p', String(pid)], { env }).catch((error) => {
    // The exit status. A string is the name of an error: the program could not be run.
    if (typeof error.code === 'number') return { stdout: '' };
    throw error;
  });
  return stdout.trim();
}

/**
 * For reads: undefined when there is no such process or file, and throws otherwise. A process that has run out of file
 * descriptors must not take live processes for dead.
 */
export function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
}
