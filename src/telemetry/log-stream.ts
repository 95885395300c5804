import type { Writable } from 'node:stream';

/** The most bytes that may wait for a reader of the log. */
const WAITING_BYTES_MAX = 1_048_576;

/**
 * Log lines on a stream that may have no reader. Nothing waits for the reader: unread lines are kept up to a bound.
 * Beyond that, lines are dropped, and their number is logged when reading resumes. If the stream is closed, only its
 * lines are lost, provided that its owner listens to its errors.
 */
export class LogStream {
  readonly #stream: Writable;
  readonly #waitingBytesMax: number;
  /** Lines lost since the last one that was written. */
  #lost = 0;

  constructor(stream: Writable, waitingBytesMax = WAITING_BYTES_MAX) {
    this.#stream = stream;
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** `render` writes a line of JSON in the stream's form. */
  write(line: string, render: (line: string) => string): void {
    if (this.#stream.writableLength > this.#waitingBytesMax) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) {
      const lost = {
        level: 40,
        time: Date.now(),
        lost: this.#lost,
        msg: 'log lines were lost because nobody read them',
      };
      this.#lost = 0;
      this.#stream.write(render(`${JSON.stringify(lost)}\n`));
    }
    this.#stream.write(render(line));
  }
}
