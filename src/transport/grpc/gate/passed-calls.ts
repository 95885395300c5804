import type { Foreseen } from '../../dispatch/early-refusals.js';
import type { PlainHeaders } from './plain-headers.js';

/** A call that was passed to node:http2, and what it does not know. */
export interface PassedCall {
  readonly id: number;
  /** Undefined: node:http2 has read the headers. */
  readonly plain: PlainHeaders | undefined;
  foreseen: Foreseen | undefined;
  /** It was there at the last look. */
  isLate?: boolean;
}

/** As many as a connection may have open calls. */
const CALLS_MAX = 10_000;

/**
 * Calls that were passed to node:http2 and have not begun there. It reads on when its last write is done, which may be some turns
 * of the event loop later.
 */
export class PassedCalls {
  /** In their order, which is that in which they begin. */
  readonly #calls: PassedCall[] = [];
  #next = 0;

  get hasRoom(): boolean {
    return this.#calls.length - this.#next < CALLS_MAX;
  }

  add(call: PassedCall): void {
    this.#calls.push(call);
  }

  /** The call begins; those before it that have not never do, as when node:http2 finds their headers malformed. */
  take(id: number): PassedCall | undefined {
    while (this.#next < this.#calls.length && this.#calls[this.#next]!.id <= id) {
      const call = this.#calls[this.#next++]!;
      // Not for each call, since the others move up.
      if (this.#next * 2 > this.#calls.length) {
        this.#calls.splice(0, this.#next);
        this.#next = 0;
      }
      if (call.id === id) return call;
      arrive(call);
    }
    return undefined;
  }

  /** What was foreseen of calls that were there at the last look is over: they hardly begin any more. */
  look(): void {
    for (let i = this.#next; i < this.#calls.length; i++) {
      const call = this.#calls[i]!;
      if (call.isLate === true) {
        arrive(call);
        call.foreseen = undefined;
      }
      call.isLate = true;
    }
  }

  /** None of them begins any more. */
  end(): void {
    this.take(Number.POSITIVE_INFINITY);
  }
}

function arrive({ foreseen }: PassedCall): void {
  if (foreseen !== undefined && foreseen.failure === undefined) foreseen.onArrival();
}
