/** A wait for the next change of a merchant's stock. */
export interface WakeUp {
  /** Resolves when something changed, or may have; never rejects. */
  readonly happened: Promise<void>;
  cancel(): void;
}

/** Carries news of changes between processes. May lose some. */
export interface ChangeCarrier {
  /** Tells other processes that merchants' stock has changed. */
  send(merchantIds: readonly string[]): void;
}

/** News is sent in groups, at most this often. */
const SEND_INTERVAL_MS = 50;

/**
 * The wake-up call of watches: that a merchant's stock changed, never what changed. Watches in this process hear of a
 * commit immediately. Other processes are told within SEND_INTERVAL_MS. A lost call delays a watch, but never loses an
 * event.
 */
export class ChangeSignal {
  /** Merchant → its waiting watches. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Merchants to tell other processes of. */
  readonly #unsent = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  readonly #carrier: ChangeCarrier;

  constructor(carrier: ChangeCarrier) {
    this.#carrier = carrier;
  }

  /** Waits that have not ended. */
  get waits(): number {
    let waits = 0;
    for (const waiting of this.#waiting.values()) waits += waiting.size;
    return waits;
  }

  /** A transaction of this process has changed the merchant's stock. */
  changed(merchantId: string): void {
    this.wake(merchantId);
    this.#unsent.add(merchantId);
    this.#timer ??= setTimeout(() => this.#send(), SEND_INTERVAL_MS).unref();
  }

  /** Some process has changed stock; `undefined`: it is not known whose. */
  wake(merchantId: string | undefined): void {
    const names = merchantId === undefined ? [...this.#waiting.keys()] : [merchantId];
    for (const name of names) {
      const waiting = this.#waiting.get(name);
      this.#waiting.delete(name);
      for (const wakeUp of waiting ?? []) wakeUp();
    }
  }

  /** Returns a wait that ends at the next change, after `timeoutMs`, or when `signal` is aborted. */
  next(merchantId: string, timeoutMs: number, signal: AbortSignal): WakeUp {
    let cancel = (): void => {};
    const happened = new Promise<void>((resolve) => {
      let waiting = this.#waiting.get(merchantId);
      if (waiting === undefined) {
        waiting = new Set();
        this.#waiting.set(merchantId, waiting);
      }
      const mine = waiting;
      const timer = setTimeout(() => cancel(), timeoutMs);
      cancel = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        mine.delete(cancel);
        if (mine.size === 0 && this.#waiting.get(merchantId) === mine) this.#waiting.delete(merchantId);
        resolve();
      };
      mine.add(cancel);
      signal.addEventListener('abort', cancel);
      if (signal.aborted) cancel();
    });
    return { happened, cancel: () => cancel() };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.wake(undefined);
  }

  #send(): void {
    this.#timer = undefined;
    const merchantIds = [...this.#unsent];
    this.#unsent.clear();
    this.#carrier.send(merchantIds);
  }
}
