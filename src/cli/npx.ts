import type { Environment } from '../config.js';
import { commandLine } from '../embedded-postgres/process-identity.js';

const LOOK_INTERVAL_MS = 250;

/**
 * Calls `onStop` when npx, which started this process, was told to stop.
 *
 * npx runs a command through a shell and hands signals to that shell alone, which dies of them and says nothing to its
 * child: the command would go on, an orphan. `npm start` has `exec` before its command, which npx has no room for. The
 * shell does nothing but wait for its child, so its end before ours means a signal, and nothing else. Only where npx
 * ran this very command: what anybody else starts may outlive its parent for good reasons.
 *
 * The shell may be gone before this process has come so far: then whoever adopted it is the parent, and is known by a
 * command line that names nothing of ours. (A shell that runs its only command in its own place leaves npx as the parent.)
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

/** True also where that cannot be found out. */
async function namesUs(pid: number): Promise<boolean> {
  const words = await commandLine(pid).catch(() => '');
  return words.trim() === '' || /(^|[\s'"])holdfast\b/.test(words);
}
