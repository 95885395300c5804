import { AggregatorRegistry, type Registry } from 'prom-client';

/** The figures of one process. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** What several processes that have ended had counted is added up once there are so many of them. */
const ENDED_MAX = 10;

/** How figures of several processes become one, where the library's way would hide something. */
const JOINED_BY: Readonly<Record<string, 'min' | 'max'>> = {
  // The service's.
  process_start_time_seconds: 'min',
  // One process that stands still must show among others.
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
};

/**
 * The figures of several processes as one. Counters and histograms add up, those of processes that have ended included:
 * a sum that fell would look like a restart, and all that is left of it like new calls. Gauges say how they are joined.
 */
export class JointFigures {
  /** What processes that have ended had counted. */
  #ended: Figures[] = [];

  async join(processes: readonly Figures[]): Promise<{ contentType: string; text: string }> {
    const registry = aggregate([...processes, ...this.#ended]);
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  /** `last`: what was last known of a process that has ended. */
  async end(last: Figures): Promise<void> {
    this.#ended.push(last.filter(({ type }) => ['counter', 'histogram'].includes(String(type))));
    if (this.#ended.length <= ENDED_MAX) return;
    const taken = [...this.#ended];
    const sum = await aggregate(taken).getMetricsAsJSON();
    this.#ended = [sum, ...this.#ended.slice(taken.length)];
  }
}

function aggregate(processes: readonly Figures[]) {
  return AggregatorRegistry.aggregate(
    processes.map((figures) =>
      figures.map((figure) => ({ ...figure, aggregator: JOINED_BY[figure.name] ?? figure.aggregator })),
    ),
  );
}
