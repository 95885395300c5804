import type { Header } from './header-table.js';

/** A block that says the same to every reader, whatever is in its table. */
export function spelledOut(headers: readonly Header[]): Buffer {
  // A header counts for more than what it takes to spell it out.
  const writer = new BlockWriter(Buffer.allocUnsafe(headers.reduce((sum, { bytes }) => sum + bytes, 0)), 0);
  for (const { name, value } of headers) writer.literal(name, value);
  return writer.written;
}

/** Writes a block of headers, without Huffman's code: https://www.rfc-editor.org/rfc/rfc7541#section-6 */
export class BlockWriter {
  readonly #target: Buffer;

  /** `at`: where the next byte goes. */
  constructor(
    target: Buffer,
    public at: number,
  ) {
    this.#target = target;
  }

  /** What the target has until there. */
  get written(): Buffer {
    return this.#target.subarray(0, this.at);
  }

  /** A header that is spelled out, and that the reader does not store. */
  literal(name: string, value: string): void {
    this.#target[this.at++] = 0x00;
    this.text(name);
    this.text(value);
  }

  text(text: string): void {
    this.integer(0, 0x7f, text.length);
    this.at += this.#target.write(text, this.at, 'latin1');
  }

  /** `full`: the greatest number that fits into the first byte, and then means that more bytes follow. */
  integer(kind: number, full: number, value: number): void {
    if (value < full) {
      this.#target[this.at++] = kind | value;
      return;
    }
    this.#target[this.at++] = kind | full;
    let left = value - full;
    for (; left >= 0x80; left >>>= 7) this.#target[this.at++] = (left & 0x7f) | 0x80;
    this.#target[this.at++] = left;
  }
}
