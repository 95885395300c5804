import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What /metrics shows. Names follow https://prometheus.io/docs/practices/naming/ */
export class Metrics {
  readonly #registry = new Registry();
  readonly #calls = new Counter({
    name: 'holdfast_calls_total',
    help: 'Calls answered, by RPC and reason; the reason of a success is OK.',
    labelNames: ['rpc', 'reason'] as const,
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: 'holdfast_call_duration_seconds',
    help: 'From the arrival of a call to its answer, by RPC.',
    labelNames: ['rpc'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });
  readonly #batchSize = new Histogram({
    name: 'holdfast_batch_commands',
    help: 'Commands that shared a transaction.',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    registers: [this.#registry],
  });
  readonly #retries = new Counter({
    name: 'holdfast_batch_retries_total',
    help: 'Engine transactions that were retried.',
    registers: [this.#registry],
  });
  readonly #recordsKept = new Counter({
    name: 'holdfast_records_kept_total',
    help: 'Times that commands waited a second or more for a record that another transaction kept locked.',
    registers: [this.#registry],
  });
  readonly #streams = new Gauge({
    name: 'holdfast_streams',
    help: 'Streams open, by RPC.',
    labelNames: ['rpc'] as const,
    registers: [this.#registry],
  });
  /** Labels are looked up once per pair, not per call. */
  readonly #labelled = new Map<string, { inc(): void }>();
  readonly #durations = new Map<string, { observe(seconds: number): void }>();

  constructor(version: string, engine: () => { readonly queued: number; readonly recordsAwaited: number }) {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'holdfast_build_info',
      help: 'Always 1; what runs is in the labels.',
      labelNames: ['version'] as const,
      registers: [this.#registry],
    }).set({ version }, 1);
    new Gauge({
      name: 'holdfast_queue_commands',
      help: 'Commands waiting for a transaction.',
      registers: [this.#registry],
      collect() {
        this.set(engine().queued);
      },
    });
    new Gauge({
      name: 'holdfast_records_awaited',
      help: 'Records that other transactions have locked and that commands wait for.',
      registers: [this.#registry],
      collect() {
        this.set(engine().recordsAwaited);
      },
    });
  }

  called(rpc: string, reason: string, durationMs: number): void {
    const name = `${rpc} ${reason}`;
    let counter = this.#labelled.get(name);
    if (counter === undefined) {
      counter = this.#calls.labels({ rpc, reason });
      this.#labelled.set(name, counter);
    }
    counter.inc();
    let histogram = this.#durations.get(rpc);
    if (histogram === undefined) {
      histogram = this.#duration.labels({ rpc });
      this.#durations.set(rpc, histogram);
    }
    histogram.observe(durationMs / 1000);
  }

  streamOpened(rpc: string): void {
    this.#streams.inc({ rpc });
  }

  /** Counted with the calls. */
  streamRefused(rpc: string, reason: string): void {
    this.#calls.inc({ rpc, reason });
  }

  /** Counted with the calls, once it has ended. */
  streamEnded(rpc: string, reason: string): void {
    this.#streams.dec({ rpc });
    this.#calls.inc({ rpc, reason });
  }

  batch(commands: number): void {
    this.#batchSize.observe(commands);
  }

  retried(): void {
    this.#retries.inc();
  }

  recordKept(): void {
    this.#recordsKept.inc();
  }

  async scrape(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
