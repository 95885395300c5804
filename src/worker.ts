import { runWorker } from './app/workers/worker.js';

/** The process of a worker, which the primary starts with its place. */
const controller = new AbortController();
const stop = (): void => controller.abort();
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// The primary gets it too, and tells its workers what follows from it.
process.on('SIGHUP', () => {});

let exitCode = 0;
try {
  await runWorker(Number(process.argv[2]), controller.signal);
} catch {
  // The primary has been told.
  exitCode = 1;
}
process.exit(exitCode);
