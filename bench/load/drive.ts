import { Histogram } from './histogram.js';
import type { LoadPlan, LoadResult } from './plan.js';
import { type Call, judge, type Sender } from './sender.js';

/** Calls in flight at once in an open loop, as in the closed one; those that fall due beyond it wait here. */
const OPEN_IN_FLIGHT_MAX = 512;
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
  #givenUp = 0;

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

  /** A call that its server was too slow to be sent: it had waited for at least this long when time was over. */
  giveUp(dueAt: number): void {
    if (dueAt < this.#from) return;
    this.#latencies.record(this.until - dueAt);
    this.#givenUp++;
  }

  result(): LoadResult {
    const latencies = this.#latencies;
    return {
      perSecond: ((latencies.total - this.#givenUp) / this.#measureMs) * 1000,
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
    /** When those were due that wait to be sent; `overdueFrom` is the first that still does. */
    const overdue: number[] = [];
    let overdueFrom = 0;
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
        if (now >= tally.until) maybeFinish();
        else if (arrival.kind === 'closed') call(now);
        else if (overdueFrom < overdue.length) call(overdue[overdueFrom++]!);
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
        if (waiting < OPEN_IN_FLIGHT_MAX) call(dueAt);
        else overdue.push(dueAt);
      }
      if (dueAt < tally.until) setTimeout(callDue, dueAt - performance.now());
      else setTimeout(giveUp, tally.until - performance.now() + 1);
    };
    const giveUp = (): void => {
      for (; overdueFrom < overdue.length; overdueFrom++) tally.giveUp(overdue[overdueFrom]!);
      maybeFinish();
    };
    callDue();
  });
}
