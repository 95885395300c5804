import type { WireType } from '@bufbuild/protobuf/wire';

/** The least room that a buffer begins with. It grows as needed. */
const FIRST_BYTES = 1024;

const NOTHING = Buffer.alloc(0);

/** Up to this many characters, writing a text one by one is faster than a call out of JavaScript. */
const SHORT_TEXT = 64;

/** UTF-8 takes up to three bytes for a UTF-16 unit. */
const UNIT_BYTES_MAX = 3;

const VARINT_BYTES_MAX = 10;

/**
 * Writes protobuf's wire format into one buffer that grows. The library makes a buffer of its own for each nested
 * message, and copies it.
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
export class WireWriter {
  #bytes = NOTHING;
  #at = 0;
  /** The room that the next buffer begins with: what was written until the last `take`. */
  #firstBytes = FIRST_BYTES;

  get length(): number {
    return this.#at;
  }

  /** A copy of what was written. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** What was written, without a copy: the next write goes to a new buffer. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#firstBytes = Math.max(FIRST_BYTES, this.#at);
    this.#bytes = NOTHING;
    this.#at = 0;
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  /** Leaves room for `uint32At`, and returns its position. */
  skipUint32(): number {
    this.#reserve(4);
    const at = this.#at;
    this.#at += 4;
    return at;
  }

  /** Not a varint: four bytes, the highest first. */
  uint32At(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at);
  }

  /** An unsigned number of up to 32 bits. */
  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    this.#varint(value);
  }

  /** Negative numbers take ten bytes, as 64-bit ones do. */
  int32(value: number): void {
    if (value >= 0) this.varint(value);
    else this.int64(BigInt(value));
  }

  int64(value: bigint): void {
    this.#reserve(VARINT_BYTES_MAX);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  /** Writes a text behind its length. */
  string(text: string): void {
    const start = this.begin();
    this.#reserve(text.length * UNIT_BYTES_MAX);
    if (text.length > SHORT_TEXT || !this.#ascii(text)) {
      this.#at = start + this.#bytes.write(text, start, 'utf8');
    }
    this.end(start);
  }

  /** Writes bytes behind their length. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Begins a value that follows its own length; returns what `end` needs. */
  begin(): number {
    this.#reserve(1);
    return ++this.#at;
  }

  /** Writes the length. Most lengths take one byte; for longer ones, the value is moved. */
  end(start: number): void {
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    this.#reserve(VARINT_BYTES_MAX);
    this.#at = start - 1;
    const from = start - 1 + varintBytes(length);
    this.#bytes.copyWithin(from, start, start + length);
    this.#varint(length);
    this.#at = from + length;
  }

  #varint(value: number): void {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  /** Writes the text if it is ASCII. Returns false if it is not; then it has to be written again. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #reserve(count: number): void {
    if (this.#bytes.length - this.#at >= count) return;
    const length = Math.max(this.#firstBytes, this.#bytes.length * 2, this.#at + count);
    const larger = Buffer.allocUnsafeSlow(length);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** The tag in front of a field's value. */
export function tagOf({ number }: { readonly number: number }, wireType: WireType): number {
  return (number << 3) | wireType;
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) count++;
  return count;
}
