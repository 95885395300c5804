import { Code, ConnectError } from '@connectrpc/connect';

/** The most that timers can wait: with more, they go off at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The end of a call with all its tries: an instant, or the caller's signal, whichever comes first. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #at: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort(this.#outer!.reason);

  /** With a `timeoutMs` of Infinity, only the signal ends it. */
  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#at = performance.now() + timeoutMs;
    this.#outer = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
    if (!Number.isFinite(timeoutMs)) return;
    const cappedMs = Math.min(timeoutMs, TIMER_MAX_MS);
    this.#timer = setTimeout(() => this.#pass(cappedMs), cappedMs);
  }

  /** Aborted when the end has come; its reason is what the call fails with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** In whole milliseconds, as the protocol has them. Transports set timers by it. */
  get leftMs(): number {
    return Math.min(Math.ceil(this.#at - performance.now()), TIMER_MAX_MS);
  }

  /** Call it when the call is over: nothing may keep the timer and the caller's signal busy. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  #pass(timeoutMs: number): void {
    this.#controller.abort(new ConnectError(`no answer within ${timeoutMs} ms`, Code.DeadlineExceeded));
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const work = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return orAborted(work, signal).finally(() => clearTimeout(timer));
}
