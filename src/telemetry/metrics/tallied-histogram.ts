import { Histogram, type LabelValues, type Registry } from 'prom-client';

/** Counts observations by bucket. */
export class Tally {
  readonly #bounds: readonly number[];
  /** Observations by bucket; the last bucket has no upper bound. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
  }
}

/**
 * A histogram whose series are looked up once. The library's own histogram hashes and looks up the labels of each
 * observation, which takes a microsecond. With several observations for each call, that is several percent of a busy
 * process.
 */
export class TalliedHistogram<L extends string> extends Histogram<L> {
  readonly #options: { readonly name: string; readonly help: string; readonly buckets: readonly number[] };
  readonly #series: { readonly labels: LabelValues<L>; readonly tally: Tally }[] = [];

  constructor(options: {
    readonly name: string;
    readonly help: string;
    readonly labelNames?: readonly L[];
    readonly buckets: number[];
    readonly registers: Registry[];
  }) {
    super(options);
    this.#options = options;
  }

  /** Creates a series. To be called once for the same labels. */
  series(labels: LabelValues<L>): Tally {
    const tally = new Tally(this.#options.buckets);
    this.#series.push({ labels, tally });
    return tally;
  }

  /** Replaces the library's method, from whose result the library also makes that of `get`. */
  async getForPromString() {
    const { name, help, buckets } = this.#options;
    const values = this.#series.flatMap(({ labels, tally }) => {
      let count = 0;
      const counted = tally.counts.map((inBucket, i) => {
        count += inBucket;
        return {
          metricName: `${name}_bucket`,
          labels: { le: buckets[i] ?? '+Inf' },
          sharedLabels: labels,
          value: count,
        };
      });
      return [
        ...counted,
        { metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: tally.sum },
        { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count },
      ];
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}
