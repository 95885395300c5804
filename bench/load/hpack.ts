/**
 * Header compression, as far as a gRPC client needs it that asks the server for an empty table.
 * https://www.rfc-editor.org/rfc/rfc7541
 */

/** First index of the dynamic table: the newest entry. */
const NEWEST = 62;

/** Entries of the static table that ready-made clients refer to for what we send: whole headers, and names. */
const staticHeaders = new Map([
  [':method POST', 3],
  [':scheme http', 6],
]);
const staticNames = new Map([
  [':authority', 1],
  [':path', 4],
  ['accept-encoding', 16],
  ['authorization', 23],
  ['content-type', 31],
  ['user-agent', 58],
]);

/**
 * Headers that every request of a connection repeats: spelled out once, unless the static table has them, then named by their
 * place in a table.
 */
export class RepeatedHeaders {
  readonly first: Buffer;
  readonly later: Buffer;

  constructor(headers: readonly (readonly [string, string])[]) {
    const indexOf = (header: readonly string[]) => staticHeaders.get(header.join(' '));
    const indexed = headers.flatMap((header) => indexOf(header) ?? []);
    const stored = headers.filter((header) => indexOf(header) === undefined);
    const places = stored.map((_, i) => NEWEST + stored.length - 1 - i);
    this.first = Buffer.concat([references(indexed), ...stored.map((header) => storedHeader(...header))]);
    this.later = references([...indexed, ...places]);
  }
}

/** A header that the server must not store in its table. */
export function passingHeader(name: string, value: string): Buffer {
  return literal(0x00, name, value);
}

/** Headers by their indexes in the tables. */
function references(indexes: readonly number[]): Buffer {
  return Buffer.from(indexes.map((index) => 0x80 | index));
}

/** A header that the server puts into its table. */
function storedHeader(name: string, value: string): Buffer {
  const index = staticNames.get(name);
  if (index === undefined) return literal(0x40, name, value);
  return Buffer.concat([Buffer.from([0x40 | index]), text(value)]);
}

function literal(kind: number, name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([kind]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const length = value.length < 0x7f ? [value.length] : [0x7f, ...variable(value.length - 0x7f)];
  return Buffer.concat([Buffer.from(length), Buffer.from(value, 'latin1')]);
}

function variable(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...variable(value >>> 7)];
}

/** The header of that name, spelled out in a block that was made without a table; undefined when it is not there. */
export function findHeader(block: Buffer, wanted: string): string | undefined {
  const reader = new BlockReader(block);
  while (!reader.atEnd) {
    const kind = block[reader.at]!;
    if (kind & 0x80) {
      reader.integer(7); // a header of the static table: none of ours is
    } else if ((kind & 0xe0) === 0x20) {
      reader.integer(5); // the size of the table
    } else {
      const nameIndex = reader.integer(kind & 0x40 ? 6 : 4);
      const name = nameIndex === 0 ? reader.text() : undefined;
      const value = reader.text();
      if (name === wanted) return value;
    }
  }
  return undefined;
}

class BlockReader {
  at = 0;
  readonly #block: Buffer;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.at >= this.#block.length;
  }

  integer(prefixBits: number): number {
    const full = (1 << prefixBits) - 1;
    let value = this.#block[this.at++]! & full;
    if (value < full) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#block[this.at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const huffman = (this.#block[this.at]! & 0x80) !== 0;
    const length = this.integer(7);
    const bytes = this.#block.subarray(this.at, this.at + length);
    this.at += length;
    return huffman ? decodeHuffman(bytes) : bytes.toString('latin1');
  }
}

/**
 * Visible ASCII by the length of its code (appendix B). The code is canonical: codes of one length follow each
 * other in the order of their characters. Other characters have no place in the headers that are read here.
 */
const byLength: readonly (readonly [number, string])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
];

/** Length and code → character. */
const characters = new Map<number, string>();
let code = 0;
let codeLength = 5;
for (const [length, members] of byLength) {
  code <<= length - codeLength;
  codeLength = length;
  for (const member of members) characters.set((length << 16) | code++, member);
}

function decodeHuffman(bytes: Buffer): string {
  let decoded = '';
  let bits = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let shift = 7; shift >= 0; shift--) {
      bits = (bits << 1) | ((byte >> shift) & 1);
      const character = characters.get((++length << 16) | bits);
      if (character !== undefined) {
        decoded += character;
        bits = length = 0;
      } else if (length > 15) {
        throw new Error('a header holds more than visible ASCII');
      }
    }
  }
  return decoded;
}
