/** Parts of each power of two: the error of a percentile stays below 1 / 128. */
const PARTS = 64;
const POWERS = 40;

/** Latencies in buckets that grow with their value, so that memory stays the same however many there are. */
export class Histogram {
  readonly #counts = new Uint32Array(PARTS * POWERS);
  #total = 0;
  #maxUs = 0;

  record(ms: number): void {
    const us = Math.max(0, ms * 1000);
    this.#counts[bucketOf(us)]!++;
    this.#total++;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  get total(): number {
    return this.#total;
  }

  get maxMs(): number {
    return this.#maxUs / 1000;
  }

  /** `share` of 0 to 1. */
  percentileMs(share: number): number {
    let left = Math.ceil(this.#total * share);
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket]!;
      if (left <= 0) return middleOf(bucket) / 1000;
    }
    return 0;
  }
}

/** Below PARTS, a bucket a microsecond; above, PARTS buckets from each power of two to the next. */
function bucketOf(us: number): number {
  if (us < PARTS) return Math.floor(us);
  const power = Math.floor(Math.log2(us));
  const part = Math.floor((us / 2 ** power - 1) * PARTS);
  return Math.min((power - 5) * PARTS + part, PARTS * POWERS - 1);
}

function middleOf(bucket: number): number {
  if (bucket < PARTS) return bucket + 0.5;
  const power = Math.floor(bucket / PARTS) + 5;
  return 2 ** power * (1 + ((bucket % PARTS) + 0.5) / PARTS);
}
