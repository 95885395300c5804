const TICK_MS = 10;
/** Without a read for this many ticks, it stops. */
const IDLE_TICKS = 100;

/** How long the turns of the event loop take: what is read in one came since the one before. */
export class TurnClock {
  #timer: NodeJS.Timeout | undefined;
  #tickAt = 0;
  #tickBeforeAt = 0;
  #unasked = 0;

  /** The earliest time at which what is read now can have come, if the turn before has read all there was. */
  earliest(now: number): number {
    this.#unasked = 0;
    if (this.#timer === undefined) {
      this.#tickAt = this.#tickBeforeAt = now;
      this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    }
    return this.#tickBeforeAt;
  }

  #tick(): void {
    this.#tickBeforeAt = this.#tickAt;
    this.#tickAt = performance.now();
    if (++this.#unasked < IDLE_TICKS) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
