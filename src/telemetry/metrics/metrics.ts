import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { CallMetrics } from './call-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { type EngineGauges, EngineMetrics } from './engine-metrics.js';
import type { Figures } from './joint-figures.js';
import { ServiceMetrics } from './service-metrics.js';

/** The metrics that /metrics shows. Names follow https://prometheus.io/docs/practices/naming/ */
export class Metrics {
  readonly #registry = new Registry();
  readonly calls = new CallMetrics(this.#registry);
  readonly engine: EngineMetrics;
  readonly database = new DatabaseMetrics(this.#registry);
  readonly service = new ServiceMetrics(this.#registry);

  constructor(version: string, engine: () => EngineGauges) {
    this.engine = new EngineMetrics(this.#registry, engine);
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'holdfast_build_info',
      help: 'Always 1; what runs is in the labels.',
      labelNames: ['version'] as const,
      aggregator: 'first',
      registers: [this.#registry],
    }).set({ version }, 1);
  }

  /** The figures of this process, to be joined with those of others. */
  figures(): Promise<Figures> {
    return this.#registry.getMetricsAsJSON();
  }

  async scrape(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
