import { AggregatorRegistry, type Registry } from 'prom-client';

/** The figures of one process. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** If more than this many processes have ended, their figures are added up. */
const ENDED_MAX = 10;

/** How figures of several processes are joined, where the library's way would hide something. */
const JOINED_BY: Readonly<Record<string, 'min' | 'max'>> = {
  // The start of the whole service.
  process_start_time_seconds: 'min',
  // If one process hangs, that must show, even if the others do not.
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
};

/**
 * Joins the figures of several processes. Counters and histograms are added up, also those of processes that have
 * ended: if a sum fell, it would look like a restart, and the rest of it like new calls. Each gauge says how it is
 * joined.
 */
export class JointFigures {
  /** The figures of processes that have ended. */
  #ended: Figures[] = [];

  async join(processes: readonly Figures[]): Promise<{ contentType: string; text: string }> {
    const registry = aggregate([...processes, ...this.#ended]);
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  /** `last`: the last known figures of a process that has ended. */
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
