import type { EngineFigures } from './engine.js';

/** Longer than any healthy command takes. */
const STALLED_AFTER_MS = 5000;

type Figures = Pick<EngineFigures, 'busy' | 'recordsAwaited'>;

/**
 * Notices that commands wait and none comes to an outcome: every transaction hangs, or fails and is tried again. Commands
 * that wait for a record which somebody keeps do not count, since all others go on.
 */
export class StalledQueue {
  readonly #figures: () => Figures;
  readonly #nowMs: () => number;
  /** Of the last outcome, or of the last look that found nobody waiting. */
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
