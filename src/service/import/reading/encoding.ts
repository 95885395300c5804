import { isUtf8 } from 'node:buffer';

/** How a file's bytes become text: in units of one or two bytes, in which line ends can be found. */
export interface Encoding {
  readonly name: 'UTF-8' | 'UTF-16';
  readonly unitBytes: 1 | 2;
  /** Size of the byte order mark at the start of the file. */
  readonly markBytes: number;
  /** Decodes whole units; undefined when they are not valid text. */
  decode(units: Buffer): string | undefined;
}

const utf8: Omit<Encoding, 'markBytes'> = {
  name: 'UTF-8',
  unitBytes: 1,
  decode: (units) => (isUtf8(units) ? units.toString('utf8') : undefined),
};

const utf16: Omit<Encoding, 'markBytes'> = {
  name: 'UTF-16',
  unitBytes: 2,
  decode: (units) => {
    if (units.length % 2 !== 0) return undefined;
    const text = units.toString('utf16le');
    return /\p{Surrogate}/u.test(text) ? undefined : text;
  },
};

/** Finds the encoding by the byte order mark; UTF-8 without one. https://www.unicode.org/faq/utf_bom.html */
function encodingOf(head: Buffer): Encoding & { readonly isBigEndian: boolean } {
  const starts = (...mark: number[]): boolean => mark.every((byte, i) => head[i] === byte);
  if (starts(0xff, 0xfe)) return { ...utf16, markBytes: 2, isBigEndian: false };
  if (starts(0xfe, 0xff)) return { ...utf16, markBytes: 2, isBigEndian: true };
  return { ...utf8, markBytes: starts(0xef, 0xbb, 0xbf) ? 3 : 0, isBigEndian: false };
}

const LONGEST_MARK_BYTES = 3;

/**
 * Yields chunks of whole units, little endian and without the byte order mark, with the file's encoding. A last byte
 * that is not a whole unit comes alone.
 */
export async function* unitsOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly encoding: Encoding; readonly units: Buffer }> {
  let encoding: ReturnType<typeof encodingOf> | undefined;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    if (encoding === undefined) {
      if (bytes.length < LONGEST_MARK_BYTES) {
        rest = bytes;
        continue;
      }
      encoding = encodingOf(bytes);
      bytes = bytes.subarray(encoding.markBytes);
    }
    const length = bytes.length - (bytes.length % encoding.unitBytes);
    rest = bytes.subarray(length);
    if (length > 0) yield { encoding, units: toLittleEndian(bytes.subarray(0, length), encoding) };
  }
  if (encoding === undefined) {
    encoding = encodingOf(rest);
    rest = rest.subarray(encoding.markBytes);
  }
  if (rest.length > 0) yield { encoding, units: rest };
}

function toLittleEndian(units: Buffer, { isBigEndian }: { readonly isBigEndian: boolean }): Buffer {
  return isBigEndian ? Buffer.from(units).swap16() : units;
}
