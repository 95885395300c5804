import { isUtf8 } from 'node:buffer';
import { WireType } from '@bufbuild/protobuf/wire';

/** Up to this many bytes, reading a string character by character is faster than a call out of JavaScript. */
const SHORT_TEXT_BYTES = 32;

/** How deep groups may nest in an unknown field. */
const GROUPS_MAX = 64;

/**
 * Reads protobuf's wire format more strictly than `@bufbuild/protobuf`, which drops a leading byte order mark from
 * strings and truncates numbers to 32 bits. Here a string stays as sent, and a number that does not fit its type is
 * refused.
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
export class StrictReader {
  /** Position of the next byte; at most `end`. */
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#bytes.length;
  }

  get position(): number {
    return this.#at;
  }

  /** A field's number and wire type, as one number. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw new Error('a field has the number 0');
    return tag;
  }

  /** Where a length-delimited value ends. */
  block(): number {
    const length = this.uint32();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('the message is truncated');
    return end;
  }

  string(): string {
    const end = this.block();
    const start = this.#at;
    this.#at = end;
    if (end - start <= SHORT_TEXT_BYTES) {
      let text = '';
      let at = start;
      for (; at < end; at++) {
        const code = this.#bytes[at] as number;
        if (code > 0x7f) break;
        text += String.fromCharCode(code);
      }
      if (at === end) return text;
    }
    if (!isUtf8(this.#bytes.subarray(start, end))) throw new Error('a string is not valid UTF-8');
    return this.#bytes.toString('utf8', start, end);
  }

  /** A copy. */
  bytesOfBlock(): Uint8Array {
    return new Uint8Array(this.viewOfBlock());
  }

  viewOfBlock(): Uint8Array {
    const end = this.block();
    const start = this.#at;
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  bool(): boolean {
    const value = this.uint32();
    if (value > 1) throw new Error('a boolean is neither 0 nor 1');
    return value === 1;
  }

  uint32(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const { low, high } = this.#varint(first);
    if (high !== 0) throw new Error('a number is out of range');
    return low;
  }

  /** Negative numbers take ten bytes, as 64-bit ones do. */
  int32(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const { low, high } = this.#varint(first);
    const signed = low | 0;
    if (high !== (signed < 0 ? 0xffffffff : 0)) throw new Error('a number is out of range');
    return signed;
  }

  sint32(): number {
    const zigzag = this.uint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  uint64(): bigint {
    const { low, high } = this.#varint(this.#byte());
    return (BigInt(high) << 32n) | BigInt(low);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  sint64(): bigint {
    const zigzag = this.uint64();
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  /** Where a value of the given size begins. */
  fixed(bytes: 4 | 8): number {
    const start = this.#at;
    if (start + bytes > this.#bytes.length) throw new Error('the message is truncated');
    this.#at += bytes;
    return start;
  }

  /** The view that the positions returned by `fixed` refer to. */
  get data(): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }

  /** Skips the value of a field. */
  skip(tag: number, groups = 0): void {
    switch (tag & 7) {
      case WireType.Varint:
        this.#varint(this.#byte());
        return;
      case WireType.Bit64:
        this.fixed(8);
        return;
      case WireType.LengthDelimited:
        this.#at = this.block();
        return;
      case WireType.Bit32:
        this.fixed(4);
        return;
      case WireType.StartGroup: {
        if (groups === GROUPS_MAX) throw new Error('groups are nested too deep');
        for (;;) {
          const inner = this.tag();
          if ((inner & 7) !== WireType.EndGroup) this.skip(inner, groups + 1);
          else if (inner >>> 3 === tag >>> 3) return;
          else throw new Error('a group ends that never began');
        }
      }
      default:
        throw new Error('a field has an unknown wire type');
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new Error('the message is truncated');
    return this.#bytes[this.#at++] as number;
  }

  /** The rest of a varint, as two unsigned halves. */
  #varint(first: number): { low: number; high: number } {
    let low = first & 0x7f;
    let high = 0;
    for (let byte = first, shift = 7; byte >= 0x80; shift += 7) {
      byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (byte <= 1) high |= bits << 31;
      else throw new Error('a number is out of range');
    }
    return { low: low >>> 0, high: high >>> 0 };
  }
}
