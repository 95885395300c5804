import { Counter, Gauge, type Registry } from 'prom-client';
import { TalliedHistogram, type Tally } from './tallied-histogram.js';

/** The labels of calls. None of them contains text of a caller. */
export interface CallLabels {
  readonly rpc: string;
  /** The protocol of the call. */
  readonly door: string;
  /** `ok`, or who is at fault: `rejection`, `refusal`, `fault`. */
  readonly outcome: string;
  /** The reason of a failure, or `OK`. */
  readonly reason: string;
}

interface Series {
  readonly labels: CallLabels;
  readonly duration: Tally;
  calls: number;
  replays: number;
}

/** Calls and streams, as their callers see them. */
export class CallMetrics {
  readonly #duration: TalliedHistogram<'rpc' | 'door' | 'outcome'>;
  readonly #streams: Gauge<'rpc' | 'door'>;
  /** Each call looks its series up once. */
  readonly #series = new Map<string, Series>();
  /** Durations by RPC, door and outcome: several reasons share one. */
  readonly #durations = new Map<string, Tally>();

  constructor(registry: Registry) {
    const registers = [registry];
    const series = this.#series;
    new Counter({
      name: 'holdfast_calls_total',
      help: 'Calls answered and streams ended, by RPC, door, outcome and reason; the reason of a success is OK.',
      labelNames: ['rpc', 'door', 'outcome', 'reason'],
      registers,
      collect() {
        this.reset();
        for (const { labels, calls } of series.values()) this.inc({ ...labels }, calls);
      },
    });
    new Counter({
      name: 'holdfast_replays_total',
      help: 'Calls answered with the stored outcome of an earlier one under the same idempotency key, by RPC.',
      labelNames: ['rpc'],
      registers,
      collect() {
        this.reset();
        for (const { labels, replays } of series.values()) {
          if (replays > 0) this.inc({ rpc: labels.rpc }, replays);
        }
      },
    });
    this.#duration = new TalliedHistogram({
      name: 'holdfast_call_duration_seconds',
      help: 'From the arrival of a call to its answer, by RPC, door and outcome.',
      labelNames: ['rpc', 'door', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#streams = new Gauge({
      name: 'holdfast_streams',
      help: 'Streams open, by RPC and door.',
      labelNames: ['rpc', 'door'],
      registers,
    });
  }

  called(labels: CallLabels, durationMs: number, isReplay: boolean): void {
    const series = this.#seriesOf(labels);
    series.calls++;
    if (isReplay) series.replays++;
    series.duration.observe(durationMs / 1000);
  }

  streamOpened(rpc: string, door: string): void {
    this.#streams.inc({ rpc, door });
  }

  /** A refused stream counts as a call. */
  streamRefused(labels: CallLabels): void {
    this.#seriesOf(labels).calls++;
  }

  /** A stream counts as a call once it has ended. */
  streamEnded(labels: CallLabels): void {
    this.#streams.dec({ rpc: labels.rpc, door: labels.door });
    this.#seriesOf(labels).calls++;
  }

  #seriesOf(labels: CallLabels): Series {
    const { rpc, door, outcome, reason } = labels;
    const key = `${rpc} ${door} ${reason}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const ofDuration = `${rpc} ${door} ${outcome}`;
      const duration = this.#durations.get(ofDuration) ?? this.#duration.series({ rpc, door, outcome });
      this.#durations.set(ofDuration, duration);
      series = { labels, duration, calls: 0, replays: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}
