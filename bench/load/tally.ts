import { Histogram } from './histogram.js';
import type { LoadPlan, LoadResult, PartResult } from './plan.js';
import type { Verdict } from './sender.js';

export type LoadTiming = Pick<LoadPlan, 'warmupMs' | 'measureMs'> & Partial<Pick<LoadPlan, 'parts'>>;

/**
 * Counts answers. The measured time begins after the warm-up and ends before the last calls are answered, so
 * nothing in it is a beginning or an end; what falls outside still counts for the audit.
 */
export class Tally {
  readonly until: number;
  readonly #from: number;
  readonly #measureMs: number;
  readonly #unitsPerCall: number;
  readonly #whole = new Answers();
  /** Of equal length, and one after the other; empty unless they are asked for. */
  readonly #parts: readonly Answers[];
  #successes = 0;
  #rejections = 0;

  constructor({ warmupMs, measureMs, parts = 0 }: LoadTiming, unitsPerCall: number) {
    this.#from = performance.now() + warmupMs;
    this.until = this.#from + measureMs;
    this.#measureMs = measureMs;
    this.#unitsPerCall = unitsPerCall;
    this.#parts = Array.from({ length: parts }, () => new Answers());
  }

  count(verdict: Verdict, dueAt: number): void {
    if (verdict === 'granted') this.#successes++;
    else this.#rejections++;
    const now = performance.now();
    if (now < this.#from || now >= this.until) return;
    this.#whole.latencies.record(now - dueAt);
    if (this.#parts.length > 0) this.#partAt(now).latencies.record(now - dueAt);
  }

  /** A call that its server was too slow to be sent: it had waited for at least this long when time was over. */
  giveUp(dueAt: number): void {
    if (dueAt < this.#from) return;
    this.#whole.giveUp(this.until - dueAt);
    this.#parts.at(-1)?.giveUp(this.until - dueAt);
  }

  result(): LoadResult {
    const partMs = this.#measureMs / this.#parts.length;
    return {
      ...this.#whole.over(this.#measureMs),
      successes: this.#successes,
      rejections: this.#rejections,
      units: this.#successes * this.#unitsPerCall,
      unitsPerCall: this.#unitsPerCall,
      ...(this.#parts.length > 0 ? { parts: this.#parts.map((part) => part.over(partMs)) } : {}),
    };
  }

  #partAt(now: number): Answers {
    const share = (now - this.#from) / this.#measureMs;
    return this.#parts[Math.min(Math.floor(share * this.#parts.length), this.#parts.length - 1)]!;
  }
}

/** The answers of some time. */
class Answers {
  readonly latencies = new Histogram();
  #givenUp = 0;

  giveUp(waitedMs: number): void {
    this.latencies.record(waitedMs);
    this.#givenUp++;
  }

  over(ms: number): PartResult {
    const { latencies } = this;
    return {
      perSecond: ((latencies.total - this.#givenUp) / ms) * 1000,
      latencyMs: {
        p50: latencies.percentileMs(0.5),
        p99: latencies.percentileMs(0.99),
        max: latencies.maxMs,
      },
    };
  }
}
