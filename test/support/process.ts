import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type { Environment } from '../../src/config.js';
import { JWT_SECRET } from './app.js';
import { isRunning } from './running.js';

const run = promisify(execFile);

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
/** The built command line. */
export const holdfastPath = join(projectRoot, 'dist/main.js');

const WAIT_MS = 25_000;

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process and its output. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly exited: Promise<Exit>;
  /** Sends the signal, and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** A service that serves. */
export interface ServiceProcess extends Running {
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

const children = new Set<ChildProcess>();
const folders = new Set<string>();

/** For `afterEach` or `afterAll`: ends every process and removes every folder that was made here. */
export async function cleanUpProcesses(): Promise<void> {
  for (const child of children) {
    // Only this ends a stopped process.
    child.kill('SIGKILL');
  }
  children.clear();
  for (const folder of folders) {
    const pid = await postmasterPid(folder);
    if (pid !== undefined && isRunning(pid)) {
      process.kill(pid, 'SIGCONT');
      process.kill(pid, 'SIGQUIT');
      await until('the end of PostgreSQL', () => !isRunning(pid));
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  folders.clear();
}

// For a test runner that is told to stop in the middle.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A folder for DATA_DIR, removed by `cleanUpProcesses` together with the database that runs in it. */
export async function temporaryDataDir(): Promise<string> {
  const folder = await mkdtemp(join(inject('runFolder'), 'holdfast-data-'));
  folders.add(folder);
  return folder;
}

/** The same, with a database already in it: to make one takes longer than the rest of a first start. */
export async function madeDataDir(): Promise<string> {
  const folder = await temporaryDataDir();
  await run('cp', ['-a', `${inject('madeDataDir')}/.`, folder]);
  return folder;
}

/** The environment of a service on free ports and a database that runs elsewhere. */
export function onDatabase(url: string, env: Environment = {}): Environment {
  return { DATABASE_URL: url, JWT_SECRET, HTTP_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'info', ...env };
}

/** The environment of a service on free ports and an embedded database. */
export function onDataDir(dataDir: string, env: Environment = {}): Environment {
  return { DATA_DIR: dataDir, HTTP_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'info', ...env };
}

/** Starts `node dist/main.js …` and returns at once. Nothing of this process's configuration reaches it. */
export function spawnHoldfast(args: readonly string[], env: Environment, path = holdfastPath): Running {
  const base = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };
  const child = spawn(process.execPath, [path, ...args], {
    cwd: tmpdir(),
    env: { ...base, ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  // "close" and not "exit": only then has all output arrived.
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    child,
    pid: child.pid!,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    exited,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Starts a service and waits until it serves; throws with what it printed when it ends instead. */
export async function startService(env: Environment, path = holdfastPath): Promise<ServiceProcess> {
  return untilServing(spawnHoldfast(['serve'], env, path));
}

export async function untilServing(running: Running): Promise<ServiceProcess> {
  const pattern = /^Holdfast serves HTTP on (\S+) and gRPC on (\S+)$/m;
  let ended: Exit | undefined;
  void running.exited.then((exit) => {
    ended = exit;
  });
  await until('the service to serve', () => ended !== undefined || pattern.test(running.stdout()));
  const [, httpUrl, grpcAddress] = pattern.exec(running.stdout()) ?? [];
  if (httpUrl === undefined || grpcAddress === undefined) {
    throw new Error(`the service ended with ${JSON.stringify(ended)}:\n${running.stderr()}`);
  }
  return { ...running, httpUrl, grpcAddress };
}

/** A command's end and output. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the command line to its end. */
export async function runHoldfast(
  args: readonly string[],
  env: Environment,
  path = holdfastPath,
): Promise<CommandRun> {
  const running = spawnHoldfast(args, env, path);
  const { code } = await running.exited;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}

/** Process id of the PostgreSQL that runs in DATA_DIR. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}

/**
 * Stops processes (SIGSTOP) for as long as `work` takes. They always go on afterwards: a backend that stays stopped
 * keeps every other test of the run from making or dropping a database, until each has waited for its limit.
 */
export async function whileStopped<T>(pids: readonly number[], work: () => Promise<T>): Promise<T> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGCONT');
  }
}

/**
 * Polls, for conditions that nobody announces. The pauses grow, since many conditions ask a database or a service.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  waitMs = WAIT_MS,
): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    const waited = performance.now() - start;
    if (waited > waitMs) throw new Error(`waited in vain for ${what}`);
    await sleep(Math.min(Math.max(20, waited / 10), 100));
  }
}

/** Whether a tool is installed. For tools that check files of this project and that npm does not have. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}
