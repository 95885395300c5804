import { Counter, Gauge, type Registry } from 'prom-client';

export interface SweepGauges {
  /** Merchants that have something due which is not swept yet. */
  readonly backlog: number;
  /** How long the oldest of that has been due. */
  readonly lagMs: number;
}

export interface ReadinessGauges {
  readonly is: 'up' | 'degraded' | 'down';
  readonly checks: readonly string[];
  /** The reasons of checks that are not well. */
  readonly why: Readonly<Record<string, string>>;
}

/** Whether the service is ready, and what it does by itself. */
export class ServiceMetrics {
  readonly #sweeps = new Map<string, () => SweepGauges>();
  readonly #lastRun: Gauge<'sweep'>;
  readonly #failures: Counter<'sweep'>;
  readonly #swept: Counter<'sweep'>;
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    const labelNames = ['sweep'] as const;
    this.#lastRun = new Gauge({
      name: 'holdfast_sweep_last_run_timestamp_seconds',
      help: 'When a sweep last ended, well or not; 0: none has yet.',
      labelNames,
      aggregator: 'max',
      registers,
    });
    this.#failures = new Counter({
      name: 'holdfast_sweep_failures_total',
      help: 'Sweeps that failed for some merchant.',
      labelNames,
      registers,
    });
    this.#swept = new Counter({
      name: 'holdfast_swept_total',
      help: 'What sweeps have ended or removed: holds, idempotency keys.',
      labelNames,
      registers,
    });
    createGauges(registers, this.#sweeps);
  }

  addSweep(sweep: string, gauges: () => SweepGauges): void {
    this.#sweeps.set(sweep, gauges);
    this.#lastRun.set({ sweep }, 0);
    this.#failures.inc({ sweep }, 0);
  }

  swept(sweep: string, count: number): void {
    if (count > 0) this.#swept.inc({ sweep }, count);
  }

  sweepEnded(sweep: string, isWell: boolean): void {
    this.#lastRun.set({ sweep }, Date.now() / 1000);
    if (!isWell) this.#failures.inc({ sweep });
  }

  /** Shows readiness, in a process that knows whether calls can succeed. */
  showReadiness(status: () => ReadinessGauges): void {
    new Gauge({
      name: 'holdfast_ready',
      help: 'Whether calls can succeed, as /readyz says.',
      aggregator: 'min',
      registers: this.#registers,
      collect() {
        this.set(status().is === 'down' ? 0 : 1);
      },
    });
    new Gauge({
      name: 'holdfast_check_up',
      help: 'Whether a check of readiness finds everything well.',
      labelNames: ['check'],
      aggregator: 'min',
      registers: this.#registers,
      collect() {
        const { checks, why } = status();
        for (const check of checks) this.set({ check }, check in why ? 0 : 1);
      },
    });
  }
}

function createGauges(registers: Registry[], sweeps: ReadonlyMap<string, () => SweepGauges>): void {
  new Gauge({
    name: 'holdfast_sweep_backlog',
    help: 'Merchants that have something due which a sweep has not come to.',
    labelNames: ['sweep'],
    registers,
    collect() {
      for (const [sweep, gauges] of sweeps) this.set({ sweep }, gauges().backlog);
    },
  });
  new Gauge({
    name: 'holdfast_sweep_lag_seconds',
    help: 'How long the oldest of it has been due.',
    labelNames: ['sweep'],
    registers,
    collect() {
      for (const [sweep, gauges] of sweeps) this.set({ sweep }, gauges().lagMs / 1000);
    },
  });
}
