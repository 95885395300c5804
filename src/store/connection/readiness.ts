import type { DataSource } from 'typeorm';
import { inTime } from '../../timing/in-time.js';

/**
 * Checks at regular intervals whether the database answers, and reports each change. Not ready at first; the first
 * answer comes before `start` resolves.
 */
export class Readiness {
  #ready = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  readonly #dataSource: DataSource;
  readonly #options: {
    readonly intervalMs: number;
    /** An answer that takes longer counts as missing. */
    readonly timeoutMs: number;
    onChange(ready: boolean): void;
  };

  constructor(
    dataSource: DataSource,
    options: {
      readonly intervalMs: number;
      /** An answer that takes longer counts as missing. */
      readonly timeoutMs: number;
      onChange(ready: boolean): void;
    },
  ) {
    this.#dataSource = dataSource;
    this.#options = options;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** `announce` runs in the same turn in which the first answer is reported. */
  async start(announce: () => void = () => {}): Promise<void> {
    const answered = await this.#answers();
    announce();
    this.#take(answered);
  }

  /** Not ready from now on, even if the database answers. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#set(false);
  }

  #take(answered: boolean): void {
    if (this.#stopped) return;
    this.#set(answered);
    this.#timer = setTimeout(
      () => void this.#answers().then((next) => this.#take(next)),
      this.#options.intervalMs,
    );
    this.#timer.unref();
  }

  async #answers(): Promise<boolean> {
    const asked = this.#dataSource.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return inTime(this.#options.timeoutMs, asked, () => false);
  }

  #set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#options.onChange(ready);
  }
}
