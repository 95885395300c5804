import type { Foreseen } from '../../dispatch/early-refusals.js';

/** What was foreseen of calls that were passed on and have not begun. */
export class ForeseenCalls {
  /** In their order, which is that in which they begin. */
  readonly #calls: { readonly id: number; readonly foreseen: Foreseen }[] = [];
  #next = 0;

  /** It begins in this turn of the event loop, or never, as when node:http2 finds its headers malformed. */
  add(id: number, foreseen: Foreseen): void {
    if (this.#calls.push({ id, foreseen }) === 1) setImmediate(() => this.#settle());
  }

  /** The call begins; those before it that have not never do. */
  take(id: number): Foreseen | undefined {
    while (this.#next < this.#calls.length && this.#calls[this.#next]!.id <= id) {
      const call = this.#calls[this.#next++]!;
      if (call.id === id) return call.foreseen;
      if (call.foreseen.failure === undefined) call.foreseen.onArrival();
    }
    return undefined;
  }

  #settle(): void {
    this.take(Number.POSITIVE_INFINITY);
    this.#calls.length = this.#next = 0;
  }
}
