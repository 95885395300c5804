import { hash } from 'node:crypto';

/** Lines that represent a whole file. */
const SKETCH_LINES = 64;
const LF = 0x0a;
const CR = 0x0d;

/** The share of all lines of two files that both have, from 0 to 1; an estimate for long files. */
export function likeness(one: readonly number[], other: readonly number[]): number {
  const both = [...new Set([...one, ...other])].sort((a, b) => a - b).slice(0, SKETCH_LINES);
  if (both.length === 0) return 0;
  const [ofOne, ofOther] = [new Set(one), new Set(other)];
  return both.filter((line) => ofOne.has(line) && ofOther.has(line)).length / both.length;
}

/**
 * The smallest hashes of a file's lines, ascending. Files that share half of their lines share about half of these.
 * `reading` is part of the hashes: the same file read in another way counts as another file.
 */
export class Sketch {
  #smallest: number[] = [];
  /** The end of the last chunk, which starts a line. Only the end of a long line counts. */
  #rest: Buffer = Buffer.alloc(0);

  readonly #reading: string;

  constructor(reading: string) {
    this.#reading = reading;
  }

  add(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const part = chunk.subarray(start, end);
      this.#take(start === 0 && this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part);
      start = end + 1;
    }
    this.#rest = chunk.subarray(start);
  }

  finish(): number[] {
    if (this.#rest.length > 0) this.#take(this.#rest);
    return this.#smallest;
  }

  #take(line: Buffer): void {
    const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (text.length === 0) return;
    const small = this.#smallest;
    const value = hash('sha1', `${this.#reading}${text.toString('latin1')}`, 'buffer').readUIntBE(0, 6);
    if (small.length === SKETCH_LINES && value >= small.at(-1)!) return;
    const at = small.findIndex((other) => other >= value);
    if (at >= 0 && small[at] === value) return;
    small.splice(at < 0 ? small.length : at, 0, value);
    if (small.length > SKETCH_LINES) small.pop();
  }
}
