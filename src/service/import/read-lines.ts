import { isUtf8 } from 'node:buffer';
import type { Line } from './line.js';

/** Longer lines are left out, so that a file without line ends fits into memory. A valid one has far less. */
export const LINE_BYTES_MAX = 65_536;

const LF = 0x0a;
const CR = 0x0d;
const BOM = '\ufeff';

/**
 * Cuts UTF-8 bytes into lines, by LF or CR LF, as they come; a byte order mark is left out. Lines travel in groups: a
 * turn of the event loop for each would cost more than to read it. Holds one chunk and one line.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  let number = 1;
  let endByte = 0;
  /** The line so far, from the chunks before. */
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  const finish = (last: Buffer): Line => {
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    const tooLong = pendingBytes + last.length > LINE_BYTES_MAX;
    pending = [];
    pendingBytes = 0;
    return decode(number++, tooLong ? undefined : bytes, endByte);
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      endByte += end + 1 - start;
      lines.push(finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    endByte += rest.length;
    // Of a line that is too long already, only its length is of interest.
    if (pendingBytes + rest.length <= LINE_BYTES_MAX) pending.push(rest);
    else pending = [];
    pendingBytes += rest.length;
    if (lines.length > 0) yield lines;
  }
  if (pendingBytes > 0) yield [finish(Buffer.alloc(0))];
}

function decode(number: number, bytes: Buffer | undefined, endByte: number): Line {
  if (bytes === undefined) {
    return { number, endByte, text: undefined, fault: `is longer than ${LINE_BYTES_MAX} bytes` };
  }
  if (!isUtf8(bytes)) return { number, endByte, text: undefined, fault: 'is not UTF-8' };
  const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
  const text = bytes.toString('utf8', 0, end);
  return { number, endByte, text: number === 1 && text.startsWith(BOM) ? text.slice(1) : text };
}
