import cluster, { type Worker } from 'node:cluster';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { recoverHandovers } from './handovers.js';
import type { ToPrimary, ToWorker } from './messages.js';

/** What a worker process runs. */
const SCRIPT = fileURLToPath(new URL('../../worker.js', import.meta.url));

/** The descriptor of a worker's line to the engine, after input, outputs and the channel for messages. */
export const ENGINE_LINE_FD = 4;

export interface WorkerEvents {
  /** Whether another worker listens. */
  isOther(): boolean;
  onMessage(message: ToPrimary): void;
  /** Called once, also when there never was a process. `how`: for the log. */
  onEnd(how: string): void;
}

/** A process of `node:cluster`, as the primary sees it. */
export class WorkerProcess {
  /** Undefined: there is no process, since this one has no descriptors left. Its end is reported. */
  readonly engineLine: Socket | undefined;
  /** When it was started, by `performance.now()`. */
  readonly bornAtMs = performance.now();
  readonly #worker: Worker;
  #hears = false;
  #listening = false;
  /** Statuses that it was told and has not answered. */
  #unanswered = 0;

  /** `place`: 1 for the first worker and for all that replace it. */
  constructor(
    readonly place: number,
    { isOther, onMessage, onEnd }: WorkerEvents,
  ) {
    cluster.setupPrimary({
      exec: SCRIPT,
      args: [String(place)],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    });
    this.#worker = cluster.fork();
    this.#onceEnded(onEnd);
    // Node leaves `stdio` undefined when there are no descriptors for it.
    const line = this.#worker.process.stdio?.[ENGINE_LINE_FD];
    if (!(line instanceof Socket)) return;
    this.engineLine = line;
    recoverHandovers(this.#worker, isOther);
    this.#worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'hears') this.#hears = true;
      if (message.kind === 'listening') this.#listening = true;
      if (message.kind === 'answers') this.#unanswered--;
      onMessage(message);
    });
  }

  /** Its ports are open. */
  get listening(): boolean {
    return this.#listening;
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  tell(message: ToWorker): void {
    if (!this.#hears || !this.#worker.isConnected()) return;
    if (message.kind === 'status') this.#unanswered++;
    this.#worker.send(message, () => {});
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #onceEnded(onEnd: (how: string) => void): void {
    let ended = false;
    const end = (how: string): void => {
      if (!ended) onEnd(how);
      ended = true;
    };
    this.#worker.on('error', (error) => {
      // A process that could not be started has no exit. Otherwise, a message could not be sent: it was for a process
      // that has ended, which is reported by itself.
      if (this.#worker.process.pid === undefined) end(error.message);
    });
    this.#worker.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  }
}
