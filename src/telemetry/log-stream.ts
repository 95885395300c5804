import type { Writable } from 'node:stream';

/** What may wait for a reader of the log. */
const WAITING_BYTES_MAX = 1_048_576;

/**
 * Log lines on a stream that somebody may or may not read. Nobody ever waits for the reader: what he leaves unread is
 * kept up to a bound, then lines are lost, and their number is told when he comes back. A reader who is gone costs the
 * lines, and nothing else: whoever opens the stream listens to its errors.
 */
export class LogStream {
  readonly #stream: Writable;
  readonly #waitingBytesMax: number;
  /** Since the last line that went through. */
  #lost = 0;

  constructor(stream: Writable, waitingBytesMax = WAITING_BYTES_MAX) {
    this.#stream = stream;
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** `render` makes the stream's form of a line of JSON. */
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
        msg: 'log lines were lost, since nobody read them',
      };
      this.#lost = 0;
      this.#stream.write(render(`${JSON.stringify(lost)}\n`));
    }
    this.#stream.write(render(line));
  }
}
