import { type Figures, JointFigures } from '../../telemetry/metrics/joint-figures.js';
import type { Metrics } from '../../telemetry/metrics/metrics.js';
import { inTime } from '../../timing/in-time.js';
import type { Scraped, ToPrimary } from './messages.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker that takes longer is shown as it was when it last answered. */
const REPORT_TIMEOUT_MS = 1000;

/**
 * `/metrics` of several processes: the worker that gets the request asks the primary, which asks all workers and adds
 * up their figures. A scrape contains everything that was counted before it.
 */
export class JointScrape {
  readonly #metrics: Metrics;
  readonly #workers: () => readonly WorkerProcess[];
  readonly #joint = new JointFigures();
  readonly #last = new Map<WorkerProcess, Figures>();
  readonly #awaited = new Map<number, () => void>();
  #lastId = 0;

  constructor(metrics: Metrics, workers: () => readonly WorkerProcess[]) {
    this.#metrics = metrics;
    this.#workers = workers;
  }

  heard(worker: WorkerProcess, message: ToPrimary): void {
    if (message.kind === 'scrape') {
      void this.#scrape()
        .catch((error) => ({ fault: String(error) }))
        .then((scraped) => worker.tell({ kind: 'scraped', id: message.id, scraped }));
    } else if (message.kind === 'figures') {
      this.#last.set(worker, message.figures);
      this.#awaited.get(message.id)?.();
    }
  }

  /** Keeps what the worker had counted in the sums. */
  ended(worker: WorkerProcess): void {
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last !== undefined) void this.#joint.end(last);
  }

  async #scrape(): Promise<Scraped> {
    const reports = this.#workers()
      .filter(({ listening }) => listening)
      .map((worker) => this.#report(worker));
    const [own] = await Promise.all([this.#metrics.figures(), ...reports]);
    return this.#joint.join([own, ...this.#last.values()]);
  }

  async #report(worker: WorkerProcess): Promise<void> {
    const id = ++this.#lastId;
    const reported = new Promise<void>((resolve) => {
      this.#awaited.set(id, resolve);
    });
    worker.tell({ kind: 'report', id });
    await inTime(REPORT_TIMEOUT_MS, reported, () => {});
    this.#awaited.delete(id);
  }
}
