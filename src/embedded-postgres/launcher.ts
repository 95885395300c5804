import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';

/** A command with what it needs to run under the right account. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

export type Launcher = (command: string, args: readonly string[]) => Launch;

// The caller's PG* and LC_* variables would reach the server and change its behaviour. Every account can enter the
// working folder.
const options: SpawnOptions = { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };

/**
 * Finds out by trial how the server's account can reach its programs and data, in this order:
 *
 * 1. simply as another user;
 * 2. with the capability to pass through folders that only root may enter (a checkout under /root);
 * 3. with a stronger capability: containers often grant this one and not the other, and only this one runs programs
 *    that were installed for root alone (umask 077).
 *
 * A trial is reliable where mode bits are not: access lists, user namespaces, network file systems.
 */
export function chooseLauncher(binaries: Binaries, dataDir: string, account?: Account): Launcher {
  if (account === undefined) return (command, args) => ({ command, args, options });

  const failures: string[] = [];
  for (const launcher of [
    asUser(account),
    withCapability(account, 'dac_read_search'),
    withCapability(account, 'dac_override'),
  ]) {
    const failure = probe(launcher, binaries, dataDir);
    if (failure === undefined) return launcher;
    failures.push(failure);
  }
  throw new Error(
    `PostgreSQL does not run as root, and the account it would run as (uid ${account.uid}) cannot reach ` +
      `${binaries.postgres} or ${dataDir}, not even through setpriv. Put the checkout and DATA_DIR where ` +
      `that account can enter, or run Holdfast as an ordinary user. Tried: ${failures.join(' | ')}`,
  );
}

function asUser({ uid, gid }: Account): Launcher {
  return (command, args) => ({ command, args, options: { ...options, uid, gid } });
}

/**
 * The securebit is for access(2), which PostgreSQL's programs use to find each other: without it, that call ignores all
 * capabilities of a process that does not run as root. The bounding set rules out all other capabilities permanently.
 */
function withCapability({ uid, gid }: Account, capability: string): Launcher {
  const only = `-all,+${capability}`;
  const prefix = [
    ...['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'],
    ...['--inh-caps', only, '--ambient-caps', only, '--bounding-set', only],
    ...['--securebits', '+no_setuid_fixup', '--'],
  ];
  return (command, args) => ({ command: 'setpriv', args: [...prefix, command, ...args], options });
}

function probe(launcher: Launcher, binaries: Binaries, dataDir: string): string | undefined {
  const script = 'cd "$1" && cd "$3" && exec "$2" --version';
  const { command, args, options } = launcher('/bin/sh', [
    ...['-c', script, 'probe', dataDir, binaries.initdb, binaries.share],
  ]);
  const result = spawnSync(command, args, { ...options, encoding: 'utf8', timeout: 10_000 });
  if (result.error !== undefined) return result.error.message;
  return result.status === 0 ? undefined : `${command}: ${result.stderr.trim() || `status ${result.status}`}`;
}

/** Runs a program until it exits. Rejects with its output if it fails or takes longer than `timeoutMs`. */
export async function runToEnd(launch: Launch, timeoutMs: number): Promise<void> {
  const child = spawn(launch.command, launch.args, {
    ...launch.options,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${launch.command} failed (${signal ?? `status ${status}`}): ${printed.trim()}`));
    });
  });
}
