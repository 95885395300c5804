import { WorkerFailed } from './app/workers/worker-failed.js';
import type { App } from './app.js';
import { watchNpx } from './cli/npx.js';
import { complain, print, report, runCommandLine, type Surroundings } from './cli/program.js';
import { CannotListen } from './transport/failures/cannot-listen.js';

/** The process: command line, signals, exit code. */
async function main(): Promise<void> {
  outliveReaders();
  const failed = await runCommandLine(process.argv.slice(2), surroundings);
  if (failed !== undefined) process.exit(failed);
}

const surroundings: Surroundings = {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stopSignal,
  serve: serveUntilStopped,
  cannotServe: [CannotListen, WorkerFailed],
  keepExitCode: (code) => {
    process.exitCode = code;
  },
};

const outputs = [process.stdout, process.stderr];

/**
 * Output may go unread: when a reader has gone, as `| head` does, the rest of the output is lost and the work
 * continues. Output that cannot be written for another reason, such as a full disk, is an error: a key is shown only
 * once.
 */
function outliveReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    complain(`standard output: ${message}`, process.stderr);
  });
}

/** A service must not wait for a terminal that nobody reads either; writes to pipes do not wait anyway. */
function waitForNoTerminal(): void {
  for (const stream of outputs) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
    handle?.setBlocking?.(false);
  }
}

/** Under npm, one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const SAME_KEYSTROKE_MS = 1000;

/** Aborted when the process is told to stop; a second signal makes it exit without waiting. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppingSince: number | undefined;
  const stop = (): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_KEYSTROKE_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    controller.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // After Ctrl-C the shell is gone too, which is not a second signal.
  watchNpx(process.env, () => {
    if (stoppingSince === undefined) stop();
  });
  return controller.signal;
}

async function serveUntilStopped(): Promise<void> {
  waitForNoTerminal();
  const signal = stopSignal();
  let hungUp = (): void => {};
  process.on('SIGHUP', () => {
    // Without certificates to read again, it means that the terminal is gone.
    const atTerminal = process.stdin.isTTY || process.stderr.isTTY;
    if (atTerminal && !process.env.TLS_CERT_FILE) process.kill(process.pid, 'SIGTERM');
    else hungUp();
  });
  // Other commands do not need the doors, which take longest to load.
  const { serve } = await import('./cli/serve.js');
  const app = await serve(process.env, (text) => print(text, process.stdout));
  hungUp = () => void app.readCertificates();
  // A signal during the start waits until the start is complete.
  if (signal.aborted) await closeAndExit(app);
  else signal.addEventListener('abort', () => void closeAndExit(app));
}

async function closeAndExit(app: App): Promise<void> {
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    process.exit(report(error, surroundings));
  }
}

await main();
