import { Counter, Gauge, type Registry } from 'prom-client';
import { TalliedHistogram, type Tally } from './tallied-histogram.js';

export interface EngineGauges {
  readonly queued: number;
  readonly recordsAwaited: number;
}

const WAIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Commands on their way through the engine. */
export class EngineMetrics {
  readonly #batchSize: Tally;
  readonly #queueWait: Tally;
  readonly #lockWait: Tally;
  readonly #retries: Counter<'class'>;
  readonly #splits: Counter;
  readonly #unknownCommits: Counter<'settled'>;
  readonly #recordsKept: Counter;

  constructor(registry: Registry, gauges: () => EngineGauges) {
    const registers = [registry];
    const histogram = (name: string, help: string, buckets: number[]): Tally =>
      new TalliedHistogram({ name, help, buckets, registers }).series({});
    this.#batchSize = histogram(
      'holdfast_batch_commands',
      'Commands that shared a transaction.',
      [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    );
    this.#queueWait = histogram(
      'holdfast_queue_wait_seconds',
      'From the arrival of a command until a transaction takes it for the first time.',
      WAIT_BUCKETS,
    );
    this.#lockWait = histogram(
      'holdfast_lock_wait_seconds',
      'How long commands waited for a record that another transaction had, until it was free.',
      WAIT_BUCKETS,
    );
    this.#retries = new Counter({
      name: 'holdfast_batch_retries_total',
      help: 'Transactions of commands that were tried again, by the class of their SQLSTATE, or why else.',
      labelNames: ['class'],
      registers,
    });
    this.#splits = new Counter({
      name: 'holdfast_batch_splits_total',
      help: 'Times that a batch went on in two halves: a command may be at fault or wait, or others were quicker each time.',
      registers,
    });
    this.#unknownCommits = new Counter({
      name: 'holdfast_unknown_commits_total',
      help: 'COMMITs of commands without an answer, by what became of them.',
      labelNames: ['settled'],
      registers,
    });
    this.#recordsKept = new Counter({
      name: 'holdfast_records_kept_total',
      help: 'Times that commands waited a second or more for a record that another transaction kept locked.',
      registers,
    });
    createGauges(registers, gauges);
  }

  batch(commands: number): void {
    this.#batchSize.observe(commands);
  }

  taken(waitedMs: number): void {
    this.#queueWait.observe(waitedMs / 1000);
  }

  recordFree(waitedMs: number): void {
    this.#lockWait.observe(waitedMs / 1000);
  }

  retried(cause: string): void {
    this.#retries.inc({ class: cause });
  }

  split(): void {
    this.#splits.inc();
  }

  settled(as: string): void {
    this.#unknownCommits.inc({ settled: as });
  }

  recordKept(): void {
    this.#recordsKept.inc();
  }
}

function createGauges(registers: Registry[], gauges: () => EngineGauges): void {
  new Gauge({
    name: 'holdfast_queue_commands',
    help: 'Commands waiting for a transaction, or for a record.',
    registers,
    collect() {
      this.set(gauges().queued);
    },
  });
  new Gauge({
    name: 'holdfast_records_awaited',
    help: 'Records that other transactions have locked and that commands wait for.',
    registers,
    collect() {
      this.set(gauges().recordsAwaited);
    },
  });
}
