import type { EngineFigures } from './engine.js';

/** Longer than any healthy command takes. */
const STALLED_AFTER_MS = 5000;

type Figures = Pick<EngineFigures, 'busy' | 'recordsAwaited'>;

/**
 * Notices that commands wait and none gets an outcome: every transaction hangs, or fails and is tried again. While
 * commands wait for a record that somebody keeps, the queue does not count as stalled, since the others go on.
 */
export class StalledQueue {
  readonly #figures: () => Figures;
  readonly #nowMs: () => number;
  /** The time of the last outcome, or of the last look that found the queue healthy. */
  #movedAtMs: number;

  constructor(figures: () => Figures, nowMs: () => number = () => performance.now()) {
    this.#figures = figures;
    this.#nowMs = nowMs;
    this.#movedAtMs = nowMs();
  }

  /** A command has its outcome. */
  moved(): void {
    this.#movedAtMs = this.#nowMs();
  }

  get stalled(): boolean {
    const { busy, recordsAwaited } = this.#figures();
    if (!busy || recordsAwaited > 0) this.moved();
    return this.#nowMs() - this.#movedAtMs > STALLED_AFTER_MS;
  }
}
