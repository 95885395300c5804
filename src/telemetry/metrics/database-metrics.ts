import { Counter, Gauge, type Registry } from 'prom-client';
import { TalliedHistogram, type Tally } from './tallied-histogram.js';

export interface PoolGauges {
  readonly inUse: number;
  readonly idle: number;
  readonly max: number;
  readonly waiting: number;
  /** How many have waited for a connection, and how many transactions have lasted, a second or more. */
  readonly stalled: { readonly connection: number; readonly transaction: number };
}

export interface TransactionLabels {
  readonly kind: string;
  readonly outcome: string;
}

/** Connections and transactions, as this process sees them. */
export class DatabaseMetrics {
  readonly #pools = new Map<string, () => PoolGauges>();
  readonly #transactions: TalliedHistogram<'kind' | 'outcome'>;
  readonly #ofTransactions = new Map<string, Tally>();
  readonly #commits: Tally;
  readonly #stalls: Counter<'on'>;
  /** Set for a cluster. */
  silentNodes: { readonly count: number } | undefined;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#transactions = new TalliedHistogram({
      name: 'holdfast_transaction_seconds',
      help: 'From having a connection to the answer of COMMIT, by kind and outcome.',
      labelNames: ['kind', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#commits = new TalliedHistogram({
      name: 'holdfast_commit_seconds',
      help: 'What COMMIT took by itself, of transactions that had something to commit.',
      buckets: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
      ],
      registers,
    }).series({});
    this.#stalls = new Counter({
      name: 'holdfast_stalls_total',
      help: 'Transactions that took a second or more, by what they waited for when they had.',
      labelNames: ['on'],
      registers,
    });
    createGauges(registers, this.#pools);
    const countSilent = (): number => this.silentNodes?.count ?? 0;
    new Gauge({
      name: 'holdfast_nodes_silent',
      help: 'Nodes of the cluster that do not answer.',
      registers,
      aggregator: 'max',
      collect() {
        this.set(countSilent());
      },
    });
  }

  /** Shows a pool under this name from now on. */
  addPool(name: string, gauges: () => PoolGauges): void {
    this.#pools.set(name, gauges);
  }

  /** `commitMs`: undefined: there was nothing to commit. */
  transaction({ kind, outcome }: TransactionLabels, durationMs: number, commitMs: number | undefined): void {
    const key = `${kind} ${outcome}`;
    let tally = this.#ofTransactions.get(key);
    if (tally === undefined) {
      tally = this.#transactions.series({ kind, outcome });
      this.#ofTransactions.set(key, tally);
    }
    tally.observe(durationMs / 1000);
    if (commitMs !== undefined) this.#commits.observe(commitMs / 1000);
  }

  stalled(on: string): void {
    this.#stalls.inc({ on });
  }
}

function createGauges(registers: Registry[], pools: ReadonlyMap<string, () => PoolGauges>): void {
  new Gauge({
    name: 'holdfast_pool_connections',
    help: 'Database connections, by pool and whether somebody uses them.',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, gauges] of pools) {
        const { inUse, idle } = gauges();
        this.set({ pool, state: 'in_use' }, inUse);
        this.set({ pool, state: 'idle' }, idle);
      }
    },
  });
  new Gauge({
    name: 'holdfast_pool_connections_max',
    help: 'The most database connections that a pool may have.',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, gauges] of pools) this.set({ pool }, gauges().max);
    },
  });
  new Gauge({
    name: 'holdfast_pool_waiting',
    help: 'Who waits for a connection of a pool.',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, gauges] of pools) this.set({ pool }, gauges().waiting);
    },
  });
  new Gauge({
    name: 'holdfast_stalled',
    help: 'Who has waited for a connection, or had one, for a second or more.',
    labelNames: ['on'],
    registers,
    collect() {
      const stalled = [...pools.values()].map((gauges) => gauges().stalled);
      const sum = (on: 'connection' | 'transaction'): number =>
        stalled.reduce((all, one) => all + one[on], 0);
      this.set({ on: 'connection' }, sum('connection'));
      this.set({ on: 'transaction' }, sum('transaction'));
    },
  });
}
