import type { Environment } from '../config.js';
import { commandLine } from '../embedded-postgres/process-identity.js';

const LOOK_INTERVAL_MS = 250;

/**
 * Calls `onStop` when npx, which started this process, is told to stop.
 *
 * npx runs a command through a shell and passes signals only to that shell, which dies without telling its child, so
 * the command would keep running as an orphan. `npm start` has `exec` before its command; npx has no place for that.
 * The shell only waits for its child, so if it ends first, it was a signal. This applies only where npx ran this very
 * command: whatever others start may outlive its parent for good reasons.
 *
 * The shell may already be gone by the time this process gets here. Then its parent is the process that adopted it,
 * recognisable by a command line that does not name this program. (A shell that replaces itself with its only command
 * leaves npx as the parent.)
 */
export function watchNpx(env: Environment, onStop: () => void): void {
  const isOurs = env.npm_lifecycle_event === 'npx' && /^['"]?holdfast\b/.test(env.npm_lifecycle_script ?? '');
  const shell = process.ppid;
  if (!isOurs) return;
  const timer = setInterval(() => {
    if (process.ppid !== shell) stop();
  }, LOOK_INTERVAL_MS);
  timer.unref();
  const stop = (): void => {
    clearInterval(timer);
    onStop();
  };
  void namesUs(shell).then((does) => {
    if (!does) stop();
  });
}

/** True also if that cannot be determined. */
async function namesUs(pid: number): Promise<boolean> {
  const words = await commandLine(pid).catch(() => '');
  return words.trim() === '' || /(^|[\s'"])holdfast\b/.test(words);
}
