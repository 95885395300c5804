import { Histogram } from './histogram.js';
import { type LoadPlan, type LoadResult, type PartResult, type Told, toldOfReserves } from './plan.js';
import type { Refusal, Verdict } from './sender.js';

export type LoadTiming = Pick<LoadPlan, 'warmupMs' | 'measureMs'> & Partial<Pick<LoadPlan, 'parts'>>;

/**
 * Counts answers. The measured time begins after the warm-up and ends before the last calls are answered, so
 * nothing in it is a beginning or an end; what falls outside still counts for the audit.
 *
 * The rate is that of the answers that came in the measured time. Latencies are those of the same answers in a closed
 * loop; in an open one, of the calls that were due in it, however late the answer: a stall that outlasts the measured
 * time counts for every call that it kept waiting.
 */
export class Tally {
  readonly until: number;
  readonly #from: number;
  readonly #measureMs: number;
  readonly #linesPerCall: number;
  readonly #open: boolean;
  readonly #refusedWaited: boolean;
  readonly #whole = new Answers();
  /** Of equal length, one after the other; empty unless the plan asks for parts. */
  readonly #parts: readonly Answers[];
  #successes = 0;
  #rejections = 0;
  readonly #refusals: Partial<Record<Refusal, number>> = {};
  #slowestMs = 0;

  constructor(plan: LoadTiming & Partial<Pick<LoadPlan, 'arrival' | 'refusals'>>, linesPerCall: number) {
    const { warmupMs, measureMs, parts = 0 } = plan;
    this.#from = performance.now() + warmupMs;
    this.until = this.#from + measureMs;
    this.#measureMs = measureMs;
    this.#linesPerCall = linesPerCall;
    this.#open = plan.arrival?.kind === 'open';
    this.#refusedWaited = plan.refusals === 'waited';
    this.#parts = Array.from({ length: parts }, () => new Answers());
  }

  count(verdict: Verdict, dueAt: number): void {
    if (verdict === 'granted') this.#successes++;
    else this.#rejections++;
    const now = performance.now();
    this.#slowestMs = Math.max(this.#slowestMs, now - dueAt);
    for (const answers of this.#at(now)) answers.count++;
    this.#waited(dueAt, now);
  }

  refuse(reason: Refusal, dueAt: number): void {
    const now = performance.now();
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
    this.#slowestMs = Math.max(this.#slowestMs, now - dueAt);
    if (this.#refusedWaited) this.#waited(dueAt, now);
  }

  /** A call that was never sent, since the server was too slow: it had waited at least until time was over. */
  giveUp(dueAt: number): void {
    this.#waited(dueAt, this.until);
  }

  /** `told`: absent for calls that reserve one unit a line. */
  result(told: Told = toldOfReserves(this.#successes, this.#linesPerCall)): LoadResult {
    const partMs = this.#measureMs / this.#parts.length;
    return {
      ...this.#whole.over(this.#measureMs),
      successes: this.#successes,
      rejections: this.#rejections,
      refusals: this.#refusals,
      slowestMs: this.#slowestMs,
      linesPerCall: this.#linesPerCall,
      told,
      ...(this.#parts.length > 0 ? { parts: this.#parts.map((part) => part.over(partMs)) } : {}),
    };
  }

  #waited(dueAt: number, now: number): void {
    for (const answers of this.#at(this.#open ? dueAt : now)) answers.latencies.record(now - dueAt);
  }

  /** Where something of that moment counts; nowhere if it is outside of the measured time. */
  #at(moment: number): Answers[] {
    if (moment < this.#from || moment >= this.until) return [];
    if (this.#parts.length === 0) return [this.#whole];
    const share = (moment - this.#from) / this.#measureMs;
    const part = Math.min(Math.floor(share * this.#parts.length), this.#parts.length - 1);
    return [this.#whole, this.#parts[part]!];
  }
}

/** The answers of a stretch of time. */
class Answers {
  readonly latencies = new Histogram();
  count = 0;

  over(ms: number): PartResult {
    const { latencies } = this;
    return {
      perSecond: (this.count / ms) * 1000,
      latencyMs: {
        p50: latencies.percentileMs(0.5),
        p99: latencies.percentileMs(0.99),
        max: latencies.maxMs,
      },
    };
  }
}
