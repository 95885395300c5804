import { isAlive } from '../process-identity.js';
import type { RunningServer } from './server.js';

const INTERVAL_MS = 500;

/**
 * Watches the server while this process uses it, and has it restarted when it died.
 *
 * - `#server` is the last one known to run; another process may have started a newer one, which `revive` then returns.
 * - `#turn` is the check in progress. It never rejects, and there is never a second one.
 * - A failure is logged only once while attempts are repeated.
 */
export class Supervisor {
  #server: RunningServer;
  #turn: Promise<void> | undefined;
  #lastFailure = '';
  readonly #timer: NodeJS.Timeout;

  readonly #log: (message: string) => void;
  readonly #revive: () => Promise<RunningServer>;

  constructor(server: RunningServer, log: (message: string) => void, revive: () => Promise<RunningServer>) {
    this.#log = log;
    this.#revive = revive;
    this.#server = server;
    this.#timer = setInterval(() => {
      this.#turn ??= this.#check().finally(() => {
        this.#turn = undefined;
      });
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** Stops watching, and waits for a restart in progress. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  async #check(): Promise<void> {
    let alive: boolean;
    try {
      alive = await isAlive(this.#server.process);
    } catch (failure) {
      // For example no file descriptor is left, which says nothing about the server.
      this.#tell(`cannot find out whether the embedded PostgreSQL is running: ${messageOf(failure)}`);
      return;
    }
    try {
      if (alive) {
        this.#lastFailure = '';
        return;
      }
      this.#log(`the embedded PostgreSQL (process ${this.#server.process.pid}) has died; restarting it`);
      const revived = await this.#revive();
      if (revived.port !== this.#server.port) {
        throw new Error(`the server has moved from port ${this.#server.port} to ${revived.port}`);
      }
      this.#server = revived;
      this.#lastFailure = '';
      this.#log(`the embedded PostgreSQL is running again (process ${revived.process.pid})`);
    } catch (failure) {
      this.#tell(`the embedded PostgreSQL could not be restarted: ${messageOf(failure)}`);
    }
  }

  #tell(text: string): void {
    if (text !== this.#lastFailure) this.#log(text);
    this.#lastFailure = text;
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
