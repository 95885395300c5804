import type { Clock } from '../../../../src/engine/scheduler/clock.js';

interface Due {
  readonly atMs: number;
  readonly number: number;
  readonly run: () => void;
}

/** Time that jumps to whatever is due next. Nothing here waits, and each run is the same. */
export class VirtualClock implements Clock {
  now = 0;
  #number = 0;
  #due: Due[] = [];
  readonly #draw: () => number;

  constructor(draw: () => number) {
    this.#draw = draw;
  }

  nowMs = (): number => this.now;
  random = (): number => this.#draw();
  endOfTurn = (callback: () => void): void => {
    this.after(0, callback);
  };
  sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.after(ms, resolve);
    });

  after = (ms: number, run: () => void): (() => void) => {
    const due = { atMs: this.now + ms, number: this.#number++, run };
    let at = this.#due.length;
    while (at > 0 && this.#due[at - 1]!.atMs > due.atMs) at--;
    this.#due.splice(at, 0, due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  };

  /** Runs what is due, one after the other, until nothing is. */
  async run(eventsMax: number): Promise<void> {
    for (let n = 0; ; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#due.shift();
      if (next === undefined) return;
      if (n === eventsMax) throw new Error(`still busy after ${eventsMax} events`);
      this.now = next.atMs;
      next.run();
    }
  }
}
