export interface SweeperOptions {
  /** From the end of one sweep to the start of the next. */
  readonly intervalMs: number;
  /** Does one sweep; checks `isStopped` between steps. */
  readonly sweep: (isStopped: () => boolean) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
  /** A sweep has ended; `isWell`: it did not fail. */
  readonly onEnd?: (isWell: boolean) => void;
}

/** Sweeps at regular intervals until stopped. A failed sweep is reported, and the next one still runs. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep();
    }, this.#options.intervalMs);
    this.#timer.unref();
  }

  /** Resolves when the sweep in progress, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { sweep, onError, onEnd } = this.#options;
    try {
      await sweep(() => this.#stopped);
      onEnd?.(true);
    } catch (error) {
      onError(error);
      onEnd?.(false);
    }
    if (!this.#stopped) this.start();
  }
}
