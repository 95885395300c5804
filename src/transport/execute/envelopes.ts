import type { WireWriter } from '../messages/wire-writer.js';

/** One message as gRPC and Connect frame it: https://connectrpc.com/docs/protocol/#streaming-rpcs */
export interface Envelope {
  readonly flags: number;
  readonly bytes: Buffer;
}

export const ENVELOPE_HEADER_BYTES = 5;

/** The message is longer than allowed. */
export class EnvelopeTooLarge extends Error {
  override readonly name = 'EnvelopeTooLarge';
}

const NOTHING = Buffer.alloc(0);

/** Cuts the bytes of a stream into envelopes, one at a time. Keeps no more than has arrived. */
export class EnvelopeReader {
  #bytes: Buffer = NOTHING;
  #at = 0;
  /** What has arrived behind `#bytes`. */
  #more: Buffer[] = [];
  readonly #bytesMax: number;

  /** `bytesMax`: of one message. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#more.push(chunk);
  }

  /** Whether part of an envelope has arrived. */
  get hasRest(): boolean {
    return this.#at < this.#bytes.length || this.#more.length > 0;
  }

  /** The next envelope, once it is whole. @throws EnvelopeTooLarge */
  next(): Envelope | undefined {
    if (!this.#has(ENVELOPE_HEADER_BYTES)) return undefined;
    const length = this.#bytes.readUInt32BE(this.#at + 1);
    if (length > this.#bytesMax) throw new EnvelopeTooLarge();
    if (!this.#has(ENVELOPE_HEADER_BYTES + length)) return undefined;
    const start = this.#at + ENVELOPE_HEADER_BYTES;
    const envelope = { flags: this.#bytes[this.#at]!, bytes: this.#bytes.subarray(start, start + length) };
    this.#at = start + length;
    return envelope;
  }

  /** Whether `#bytes` has this many more bytes; first adds what has arrived, if that is enough. */
  #has(count: number): boolean {
    if (this.#bytes.length - this.#at >= count) return true;
    let arrived = this.#bytes.length - this.#at;
    for (const chunk of this.#more) arrived += chunk.length;
    if (arrived < count) return false;
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#more]);
    this.#more = [];
    this.#at = 0;
    return true;
  }
}

/** Writes a message in its envelope. */
export function writeEnvelope(into: WireWriter, flags: number, write: () => void): void {
  into.byte(flags);
  const length = into.skipUint32();
  const start = into.length;
  write();
  into.uint32At(length, into.length - start);
}

/** A message in its envelope. */
export function envelope(flags: number, bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(ENVELOPE_HEADER_BYTES + bytes.length);
  framed[0] = flags;
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, ENVELOPE_HEADER_BYTES);
  return framed;
}
