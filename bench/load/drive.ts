import { Histogram } from './histogram.js';
import type { LoadPlan, LoadResult } from './plan.js';
import { type Call, judge, type Sender } from './sender.js';

/** Calls waiting at once in an open loop; beyond it the server does not keep up at all. */
const BACKLOG_MAX = 20_000;
/** After the last call was sent. */
const LAST_ANSWER_TIMEOUT_MS = 30_000;

export type LoadTiming = Pick<LoadPlan, 'warmupMs' | 'measureMs'>;

/**
 * Counts answers. The measured time begins after the warm-up and ends before the last calls are answered, so
 * nothing in it is a beginning or an end; what falls outside still counts for the audit.
 */
export class Tally {
  readonly #latencies = new Histogram();
  readonly #from: number;
  readonly until: number;
  readonly #measureMs: number;
  successes = 0;
  rejections = 0;

  constructor({ warmupMs, measureMs }: LoadTiming) {
    this.#from = performance.now() + warmupMs;
    this.until = this.#from + measureMs;
    this.#measureMs = measureMs;
  }

  count(kind: 'granted' | 'rejected', dueAt: number): void {
    if (kind === 'granted') this.successes++;
    else this.rejections++;
    const now = performance.now();
    if (now >= this.#from && now < this.until) this.#latencies.record(now - dueAt);
  }

  result(): LoadResult {
    const latencies = this.#latencies;
    return {
      perSecond: (latencies.total / this.#measureMs) * 1000,
      latencyMs: {
        p50: latencies.percentileMs(0.5),
        p99: latencies.percentileMs(0.99),
        max: latencies.maxMs,
      },
      successes: this.successes,
      rejections: this.rejections,
    };
  }
}

/** Runs a plan until its time is over and every call is answered; rejects at the first wrong answer. */
export function drive(
  plan: LoadPlan,
  nextCall: () => Call,
  openSender: (onError: (error: Error) => void) => Sender,
): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const sender = openSender(reject);
    const tally = new Tally(plan);
    let waiting = 0;
    const { arrival } = plan;

    const finish = setTimeout(
      () => reject(new Error(`${waiting} calls were never answered`)),
      plan.warmupMs + plan.measureMs + LAST_ANSWER_TIMEOUT_MS,
    );
    const maybeFinish = (): void => {
      if (waiting > 0 || performance.now() < tally.until) return;
      clearTimeout(finish);
      sender.close();
      resolve(tally.result());
    };
    const call = (dueAt: number): void => {
      const next = nextCall();
      waiting++;
      sender.send(next, (answer) => {
        waiting--;
        try {
          tally.count(judge(next, answer), dueAt);
        } catch (error) {
          reject(error);
          return;
        }
        const now = performance.now();
        if (arrival.kind === 'closed' && now < tally.until) call(now);
        else maybeFinish();
      });
    };

    if (arrival.kind === 'closed') {
      for (let i = 0; i < arrival.inFlight; i++) call(performance.now());
      return;
    }
    const meanGapMs = 1000 / arrival.perSecond;
    let dueAt = performance.now();
    const callDue = (): void => {
      // Timers are whole milliseconds: all that fell due since the last goes out at once.
      for (const now = performance.now(); dueAt <= now; dueAt += -Math.log(1 - Math.random()) * meanGapMs) {
        call(dueAt);
      }
      if (waiting > BACKLOG_MAX) {
        reject(new Error(`${waiting} calls wait: the rate is too high`));
        return;
      }
      if (dueAt < tally.until) setTimeout(callDue, dueAt - performance.now());
      else setTimeout(maybeFinish, tally.until - performance.now() + 1);
    };
    callDue();
  });
}
