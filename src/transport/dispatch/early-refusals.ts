import type { Authenticator } from '../../auth/authenticator.js';
import { OPERATOR_PERMISSION } from '../../auth/principal.js';
import { type Operation, refuse } from '../operations/operation.js';
import type { DispatchObserver } from './call-observer.js';
import type { CallMetadata } from './dispatcher.js';
import type { Excess, MerchantLimits } from './merchant-limits.js';

/** A call that is refused, once its turn has come. */
export interface Refusal {
  readonly failure: Excess;
  readonly turn: Promise<void> | undefined;
  readonly requestId: string;
}

/** What becomes of a call, as far as its headers show: it is refused, or goes on. */
export type Foreseen =
  | Refusal
  /** It is on its way to the engine. `onArrival` must be called when it gets to the dispatcher, or ends. */
  | { readonly failure: undefined; readonly onArrival: () => void };

/**
 * Refuses calls by their headers alone, while calls are being refused: reading the message is most of what a call
 * costs. The order is that of the dispatcher: credentials → limits. A call whose credentials are not known yet, or that
 * comes when nothing was refused lately, goes the usual way.
 */
export class EarlyRefusals {
  readonly #authenticator: Pick<Authenticator, 'known'>;
  readonly #limits: MerchantLimits;
  readonly #observer: Pick<DispatchObserver, 'began' | 'replied'>;
  /** Calls that were let in and whose message has not arrived, by merchant. */
  readonly #announced = new Map<string, number>();

  constructor(
    authenticator: Pick<Authenticator, 'known'>,
    limits: MerchantLimits,
    observer: Pick<DispatchObserver, 'began' | 'replied'>,
  ) {
    this.#authenticator = authenticator;
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Whether calls are being refused, so that it pays to foresee. */
  get areDue(): boolean {
    return this.#limits.isEarly(Date.now());
  }

  /** Undefined: the call goes the usual way, and need not be announced. */
  foresee(
    operation: Operation,
    metadata: Omit<CallMetadata, 'deadlineAtMs'>,
    waitedMs = 0,
  ): Foreseen | undefined {
    const nowMs = Date.now();
    if (!this.#limits.isEarly(nowMs) || operation.permission === OPERATOR_PERMISSION) return undefined;
    const principal = this.#authenticator.known(
      metadata.header('authorization'),
      metadata.header('x-merchantapikey'),
    );
    if (principal === undefined) return undefined;
    const { merchantId } = principal;
    const announced = this.#announced.get(merchantId) ?? 0;
    const failure = this.#limits.foresee(merchantId, operation.changes, announced, nowMs, waitedMs);
    if (failure === undefined) {
      return operation.changes ? { failure, onArrival: this.#announce(merchantId, announced) } : undefined;
    }
    this.#limits.enter(merchantId, nowMs);
    this.#observer.replied({
      operation,
      origin: metadata,
      merchantId,
      reply: refuse(failure),
      durationMs: 0,
      within: undefined,
      span: this.#observer.began(operation, metadata),
    });
    return { failure, turn: this.#limits.leave(merchantId, failure), requestId: metadata.requestId };
  }

  #announce(merchantId: string, announced: number): () => void {
    this.#announced.set(merchantId, announced + 1);
    return () => {
      const left = this.#announced.get(merchantId)! - 1;
      if (left > 0) this.#announced.set(merchantId, left);
      else this.#announced.delete(merchantId);
    };
  }
}
