import { type Encoding, unitsOf } from './encoding.js';
import type { Line } from './line.js';

/** Longer lines are left out, so that a file without line ends fits into memory. Valid lines are far shorter. */
export const LINE_BYTES_MAX = 65_536;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a file into lines by LF, CR LF or CR, as editors do, without a byte order mark. Lines come in groups: a turn of
 * the event loop for each would cost more than reading it. Keeps one chunk and one line in memory.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  let number = 1;
  let endByte = 0;
  /** The line so far, from earlier chunks. */
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  /** The last chunk ended with a CR; an LF that comes next belongs to it. */
  let isAfterCr = false;
  let encoding: Encoding | undefined;

  const finish = (last: Buffer): Line => {
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    const tooLong = pendingBytes + last.length > LINE_BYTES_MAX;
    pending = [];
    pendingBytes = 0;
    return decode(number++, tooLong ? undefined : bytes, endByte, encoding!);
  };
  for await (const { encoding: found, units } of unitsOf(chunks)) {
    if (encoding === undefined) endByte = found.markBytes;
    encoding = found;
    const { unitBytes } = encoding;
    const ends = new LineEnds(units, unitBytes);
    const lines: Line[] = [];
    let start = 0;
    if (isAfterCr && ends.isAt(LF, 0)) {
      start = unitBytes;
      endByte += unitBytes;
    }
    isAfterCr = false;
    for (let end = ends.next(start); end >= 0; end = ends.next(start)) {
      let next = end + unitBytes;
      if (ends.isAt(CR, end)) {
        if (ends.isAt(LF, next)) next += unitBytes;
        else isAfterCr = next === units.length;
      }
      endByte += next - start;
      lines.push(finish(units.subarray(start, end)));
      start = next;
    }
    const rest = units.subarray(start);
    endByte += rest.length;
    // Only the length matters for a line that is already too long.
    if (pendingBytes + rest.length <= LINE_BYTES_MAX) pending.push(rest);
    else pending = [];
    pendingBytes += rest.length;
    if (lines.length > 0) yield lines;
  }
  if (pendingBytes > 0) yield [finish(Buffer.alloc(0))];
}

/** Searches for each kind of line end once, not once per line. */
class LineEnds {
  readonly #units: Buffer | Uint16Array;
  readonly #unitBytes: number;
  readonly #found = new Map<number, number>();

  constructor(bytes: Buffer, unitBytes: 1 | 2) {
    this.#unitBytes = unitBytes;
    // Copied, since two-byte units must be aligned.
    this.#units =
      unitBytes === 1 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer, 0, bytes.length >> 1);
  }

  isAt(unit: number, byte: number): boolean {
    return this.#units[byte / this.#unitBytes] === unit;
  }

  /** The first line end at or after a byte; -1 when there is none. */
  next(byte: number): number {
    const from = byte / this.#unitBytes;
    const lf = this.#find(LF, from);
    const cr = this.#find(CR, from);
    const first = lf < 0 ? cr : cr < 0 ? lf : Math.min(lf, cr);
    return first < 0 ? -1 : first * this.#unitBytes;
  }

  #find(unit: number, from: number): number {
    const known = this.#found.get(unit);
    if (known !== undefined && (known < 0 || known >= from)) return known;
    const found = this.#units.indexOf(unit, from);
    this.#found.set(unit, found);
    return found;
  }
}

function decode(number: number, bytes: Buffer | undefined, endByte: number, encoding: Encoding): Line {
  if (bytes === undefined) {
    return { number, endByte, text: undefined, fault: `is longer than ${LINE_BYTES_MAX} bytes` };
  }
  const text = encoding.decode(bytes);
  return text === undefined
    ? { number, endByte, text, fault: `is not ${encoding.name}` }
    : { number, endByte, text };
}
