import type { LoadPlan, LoadResult } from './plan.js';
import type { Sender, Workload } from './sender.js';
import { Tally } from './tally.js';

/** How long after the measured time answers may still come. */
const LAST_ANSWER_TIMEOUT_MS = 30_000;

/** Runs a plan until its time is over and every call is answered; rejects at the first wrong answer. */
export function drive<C, G>(
  plan: LoadPlan,
  workload: Workload<C, G>,
  openSender: (onError: (error: Error) => void) => Sender<C, G>,
): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const sender = openSender(reject);
    const tally = new Tally(plan, workload.linesPerCall);
    let waiting = 0;
    /** When the calls were due that could not be sent; those from `overdueFrom` on still wait. */
    const overdue: number[] = [];
    let overdueFrom = 0;
    const { arrival, refusals } = plan;

    const finish = setTimeout(
      () => reject(new Error(`${waiting} calls were never answered`)),
      plan.warmupMs + plan.measureMs + LAST_ANSWER_TIMEOUT_MS,
    );
    const maybeFinish = (): void => {
      if (waiting > 0 || performance.now() < tally.until) return;
      clearTimeout(finish);
      sender.close();
      resolve(tally.result(workload.told?.()));
    };
    const call = (dueAt: number): void => {
      const next = workload.next();
      waiting++;
      sender.send(next, (answer) => {
        waiting--;
        try {
          const refusal = answer.ok || refusals === 'wrong' ? undefined : answer.refusal;
          if (refusal === undefined) tally.count(workload.judge(next, answer), dueAt);
          else tally.refuse(refusal, dueAt);
        } catch (error) {
          reject(error);
          return;
        }
        const now = performance.now();
        if (now >= tally.until) maybeFinish();
        else if (arrival.kind === 'closed') callAgain(now, arrival.pauseMs);
        else if (overdueFrom < overdue.length) call(overdue[overdueFrom++]!);
      });
    };

    /** A caller whose pause outlasts the time makes no further call. */
    const callAgain = (now: number, pauseMs: number | undefined): void => {
      if (pauseMs === undefined) call(now);
      else if (now + pauseMs < tally.until) setTimeout(() => call(performance.now()), pauseMs);
    };
    const whenOver = (): void => {
      const leftMs = tally.until - performance.now();
      // Timers may be early.
      if (leftMs > 0) {
        setTimeout(whenOver, leftMs + 1);
        return;
      }
      for (; overdueFrom < overdue.length; overdueFrom++) tally.giveUp(overdue[overdueFrom]!);
      maybeFinish();
    };
    whenOver();

    if (arrival.kind === 'closed') {
      for (let i = 0; i < arrival.inFlight; i++) call(performance.now());
      return;
    }
    const meanGapMs = 1000 / arrival.perSecond;
    let dueAt = performance.now();
    const callDue = (): void => {
      // Timers count whole milliseconds: all calls that fell due since the last one are sent together.
      for (const now = performance.now(); dueAt <= now; dueAt += -Math.log(1 - Math.random()) * meanGapMs) {
        if (waiting < arrival.inFlightMax) call(dueAt);
        else overdue.push(dueAt);
      }
      if (dueAt < tally.until) setTimeout(callDue, dueAt - performance.now());
    };
    callDue();
  });
}
