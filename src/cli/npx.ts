import type { Environment } from '../config.js';

const LOOK_INTERVAL_MS = 250;

/**
 * Calls `onStop` when npx, which started this process, was told to stop.
 *
 * npx runs a command through a shell and hands signals to that shell alone, which dies of them and says nothing to its
 * child: the command would go on, an orphan. `npm start` has `exec` before its command, which npx has no room for. The
 * shell does nothing but wait for its child, so its end before ours means a signal, and nothing else. Only where npx
 * ran this very command: what anybody else starts may outlive its parent for good reasons.
 */
export function watchNpx(env: Environment, onStop: () => void): void {
  const isOurs = env.npm_lifecycle_event === 'npx' && /^['"]?holdfast\b/.test(env.npm_lifecycle_script ?? '');
  const shell = process.ppid;
  if (!isOurs) return;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    onStop();
  }, LOOK_INTERVAL_MS);
  timer.unref();
}
