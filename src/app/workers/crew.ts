import type { Certificates, Config } from '../../config.js';
import type { Engine } from '../../engine/engine.js';
import type { Logger } from '../../telemetry/logger.js';
import { backoffMs } from '../../timing/backoff.js';
import { inTime } from '../../timing/in-time.js';
import type { Addresses } from '../ports.js';
import { type Finding, type Status, starting, up } from '../readiness.js';
import type { ToPrimary } from './messages.js';
import { serveEngine } from './remote-engine.js';
import { WorkerFailed } from './worker-failed.js';
import { WorkerProcess } from './worker-process.js';

export interface CrewOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly engine: Engine;
  /** Called with each message of a worker, so that others can handle those that are not for the crew. */
  onMessage(worker: WorkerProcess, message: ToPrimary): void;
  onEnd(worker: WorkerProcess): void;
}

/** The wait between the end of a worker, or a vain try to start one, and the next start in its place. */
const REPLACE = { backoffMinMs: 100, backoffMaxMs: 10_000 };
/** If a worker lives for this long, the failures of its place are counted from the start again. */
const SETTLED_MS = 60_000;

const TELL_INTERVAL_MS = 1000;
/** A worker that has left more statuses than this unanswered does not answer calls either. */
const MISSED_MAX = 5;
/** After this many, it is killed: no probe from outside reaches one worker in particular. */
const MISSED_FATAL = 30;

/** How much longer than its own limits a worker may take to stop. */
const STOP_GRACE_MS = 5000;

/** The workers: as many as are configured, until they are stopped. One that ends is replaced. */
export class Crew {
  readonly #options: CrewOptions;
  /** By place. */
  readonly #workers = new Map<number, WorkerProcess>();
  /** Failures in a row, by place. */
  readonly #failures = new Map<number, number>();
  #config: Config;
  #status: Status = starting;
  #timer: NodeJS.Timeout | undefined;
  /** Places that had a worker that listened. Until then, a failure of the place is one of the start. */
  readonly #served = new Set<number>();
  #stopping = false;
  readonly #waits = new Set<() => void>();

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  get workers(): readonly WorkerProcess[] {
    return [...this.#workers.values()];
  }

  /** For readiness: whether all workers run and answer. */
  get finding(): Finding {
    const { workers } = this.#config;
    const well = this.workers.filter(({ listening, unanswered }) => listening && unanswered <= MISSED_MAX);
    if (well.length === workers) return up;
    return { is: well.length === 0 ? 'down' : 'degraded', why: `${well.length} of ${workers} answer` };
  }

  /** Resolves when all of them listen. Throws WorkerFailed with the first failure. */
  async start(): Promise<Addresses> {
    const places = Array.from({ length: this.#config.workers }, (_, i) => i + 1);
    const [reached] = await Promise.all(places.map((place) => this.#begin(place)));
    this.#timer = setInterval(() => this.#beat(), TELL_INTERVAL_MS).unref();
    return reached!;
  }

  /** Tells all workers the status that the primary sees. Resolves when all of them have acknowledged it. */
  tell(status: Status): Promise<void> {
    this.#status = status;
    for (const worker of this.workers) worker.tell({ kind: 'status', status });
    return this.#until(() => this.workers.every(({ unanswered }) => unanswered === 0));
  }

  /** Sets the certificates of new connections, also for workers that start later. */
  setCertificates(certificates: Certificates): void {
    this.#config = { ...this.#config, tls: { ...this.#config.tls!, ...certificates } };
    for (const worker of this.workers) worker.tell({ kind: 'certificates', certificates });
  }

  /** Lets all workers finish their calls and end. Kills those that are not done after the shutdown timeout. */
  async stop(drainDelayMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    for (const worker of this.workers) worker.tell({ kind: 'stop', drainDelayMs });
    const timeoutMs = drainDelayMs + this.#config.limits.shutdownTimeoutMs + STOP_GRACE_MS;
    const gone = this.#until(() => this.#workers.size === 0);
    await inTime(timeoutMs, gone, () => {
      for (const worker of this.workers) worker.kill();
    });
    await gone;
  }

  /** Starts a worker. If that fails, the place gets another one later, unless the start as a whole fails with it. */
  #begin(place: number): Promise<Addresses> {
    return new Promise((resolve, reject) => {
      let why = '';
      const fail = (how: string): void =>
        reject(new WorkerFailed(why || `worker ${place} could not start: ${how}`));
      try {
        const worker = new WorkerProcess(place, {
          isOther: () => this.workers.some((other) => other !== worker && other.listening),
          onMessage: (message) => {
            if (message.kind === 'hears') this.#introduce(worker);
            if (message.kind === 'failed') {
              why = message.why;
              worker.kill();
            }
            if (message.kind === 'listening') {
              this.#served.add(place);
              resolve(message.reached);
            }
            this.#options.onMessage(worker, message);
            this.#progress();
          },
          onEnd: (how) => {
            fail(how);
            this.#ended(worker, how);
          },
        });
        this.#workers.set(place, worker);
        if (worker.engineLine !== undefined) serveEngine(this.#options.engine, worker.engineLine);
      } catch (error) {
        // There is no worker whose end would be reported.
        const how = error instanceof Error ? error.message : String(error);
        fail(how);
        this.#vacated(place, how, false);
      }
    });
  }

  #introduce(worker: WorkerProcess): void {
    if (this.#stopping) {
      worker.kill();
      return;
    }
    worker.tell({ kind: 'start', config: this.#config });
    worker.tell({ kind: 'status', status: this.#status });
  }

  #ended(worker: WorkerProcess, how: string): void {
    const { place, bornAtMs } = worker;
    this.#workers.delete(place);
    this.#options.onEnd(worker);
    this.#progress();
    this.#vacated(place, how, performance.now() - bornAtMs >= SETTLED_MS);
  }

  /** A place that had a worker has none. `settled`: this one did well for a while. */
  #vacated(place: number, how: string, settled: boolean): void {
    if (this.#stopping || !this.#served.has(place)) return;
    const failures = settled ? 1 : (this.#failures.get(place) ?? 0) + 1;
    this.#failures.set(place, failures);
    const waitMs = Math.round(backoffMs(failures, REPLACE, Math.random()));
    this.#options.logger.error({ worker: place, how, waitMs }, 'a worker has ended; another takes its place');
    setTimeout(() => this.#replace(place), waitMs).unref();
  }

  #replace(place: number): void {
    if (this.#stopping) return;
    this.#begin(place).catch((error: Error) => {
      this.#options.logger.error({ worker: place, why: error.message }, 'a worker could not start');
    });
  }

  #beat(): void {
    for (const worker of this.workers) {
      if (!worker.listening) continue;
      worker.tell({ kind: 'status', status: this.#status });
      if (worker.unanswered <= MISSED_FATAL) continue;
      this.#options.logger.error({ worker: worker.place }, 'a worker does not answer; it is ended');
      worker.kill();
    }
  }

  /** Resolves when the condition holds. It is checked whenever a worker sends a message, or ends. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waits.delete(look);
        resolve();
      };
      this.#waits.add(look);
      look();
    });
  }

  #progress(): void {
    for (const look of this.#waits) look();
  }
}
