import type { Foreseen } from '../../dispatch/early-refusals.js';
import type { PlainHeaders } from './plain-headers.js';

/** A call that was passed to node:http2, and what it does not know. */
export interface PassedCall {
  readonly id: number;
  /** Undefined: node:http2 has read the headers. */
  readonly plain: PlainHeaders | undefined;
  readonly foreseen: Foreseen | undefined;
}

/** Calls that were passed to node:http2 and have not begun there. */
export class PassedCalls {
  /** In their order, which is that in which they begin. */
  readonly #calls: PassedCall[] = [];
  #next = 0;
  #isSettling = false;

  add(call: PassedCall): void {
    this.#calls.push(call);
    if (call.foreseen === undefined || this.#isSettling) return;
    this.#isSettling = true;
    setImmediate(() => this.#settle());
  }

  /** The call begins; those before it that have not never do. */
  take(id: number): PassedCall | undefined {
    while (this.#next < this.#calls.length && this.#calls[this.#next]!.id <= id) {
      const call = this.#calls[this.#next++]!;
      if (this.#next === this.#calls.length) this.#clear();
      if (call.id === id) return call;
      arrive(call);
    }
    return undefined;
  }

  /** None of them begins any more. */
  end(): void {
    this.take(Number.POSITIVE_INFINITY);
  }

  /**
   * What has not begun by now may not begin at all, as when node:http2 finds its headers malformed. Only plain headers must not
   * be lost: there is nothing to be found about them.
   */
  #settle(): void {
    this.#isSettling = false;
    const left = this.#calls.slice(this.#next);
    this.#clear();
    for (const call of left) {
      arrive(call);
      if (call.plain !== undefined) this.#calls.push({ ...call, foreseen: undefined });
    }
  }

  #clear(): void {
    this.#calls.length = this.#next = 0;
  }
}

function arrive({ foreseen }: PassedCall): void {
  if (foreseen !== undefined && foreseen.failure === undefined) foreseen.onArrival();
}
