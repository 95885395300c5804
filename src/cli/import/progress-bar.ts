const BAR_CHARACTERS = 30;
/** As often as eyes can follow. */
const WRITE_INTERVAL_MS = 100;
const CLEAR_LINE = '\r\x1b[K';

/**
 * The bottom line of a terminal, rewritten in place. Messages appear above it and stay: the line is cleared, the text
 * takes its place, and the bar moves below. So it must never be wider than the terminal, and the cursor never leaves
 * its line, which avoids saving cursor positions.
 */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #name: string;
  #line = '';
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WriteStream, name: string) {
    this.#stream = stream;
    this.#name = name.replace(/\p{C}/gu, '?');
    this.update(0, '');
  }

  /** `done`: from 0 to 1. */
  update(done: number, text: string): void {
    const full = Math.floor(done * BAR_CHARACTERS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_CHARACTERS - full);
    this.#line = `${this.#name} ${bar} ${Math.floor(done * 100)}%${text === '' ? '' : ` | ${text}`}`;
    const nowMs = performance.now();
    if (nowMs - this.#writtenAtMs < WRITE_INTERVAL_MS) return;
    this.#writtenAtMs = nowMs;
    this.#stream.write(CLEAR_LINE + this.#fitting());
  }

  tell(text: string): void {
    this.#stream.write(`${CLEAR_LINE}${text}\n${this.#fitting()}`);
  }

  /** Leaves the bar as it is, on a line of its own. */
  stop(): void {
    this.#stream.write(`${CLEAR_LINE}${this.#fitting()}\n`);
  }

  /** Kept narrower than the terminal: in the last column, terminals differ in where the cursor is. */
  #fitting(): string {
    let columns = this.#stream.columns - 1;
    let text = '';
    for (const character of this.#line) {
      // Which other characters are two columns wide depends on the terminal.
      columns -= character <= '\x7e' || character === '█' || character === '░' ? 1 : 2;
      if (columns < 0) break;
      text += character;
    }
    return text;
  }
}
