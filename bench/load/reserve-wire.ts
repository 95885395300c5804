import type { Figures } from './reserve.js';

/**
 * A Reserve of one unit and its answer in protobuf, written and read by hand: with the library, these took more than
 * half of the generator's processor time, which the service then lacked.
 */

const LENGTH_DELIMITED = 2;

/** How a field of bytes, text or a message begins. */
function lengthDelimited(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** ReserveRequest {id, qty: 1, reference}. Ids and references here are ASCII, and shorter than 128 characters. */
export function encodeReserve({ id, reference }: { id: string; reference: string }): Buffer {
  const bytes = Buffer.allocUnsafe(6 + id.length + reference.length);
  let at = writeText(bytes, 0, 1, id);
  bytes[at++] = 2 << 3;
  bytes[at++] = 1;
  writeText(bytes, at, 3, reference);
  return bytes;
}

/** Returns where the field ends. */
function writeText(bytes: Buffer, at: number, field: number, text: string): number {
  bytes[at] = lengthDelimited(field);
  bytes[at + 1] = text.length;
  return at + 2 + bytes.write(text, at + 2, 'latin1');
}

/** Text in a field; short, and ASCII. */
export function textField(field: number, text: string): Buffer {
  const bytes = Buffer.allocUnsafe(2 + text.length);
  writeText(bytes, 0, field, text);
  return bytes;
}

/** A message in a field of another one; both short. */
export function nested(field: number, message: Uint8Array): Buffer {
  if (message.length > 0x7f) throw new Error('a message that is too long for its length');
  const bytes = Buffer.allocUnsafe(2 + message.length);
  bytes[0] = lengthDelimited(field);
  bytes[1] = message.length;
  bytes.set(message, 2);
  return bytes;
}

/** Calls with each field of a message: its number, and its value or the bytes of it. */
export function readFields(bytes: Buffer, onField: (field: number, value: number | Buffer) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const value = varint(bytes, tag.end);
    at = value.end;
    if ((tag.value & 7) === LENGTH_DELIMITED) {
      at += value.value;
      if (at > bytes.length) throw new Error('a message that is cut off');
      onField(tag.value >>> 3, bytes.subarray(value.end, at));
    } else if ((tag.value & 7) === 0) {
      onField(tag.value >>> 3, value.value);
    } else throw new Error(`a field of the wire type ${tag.value & 7}`);
  }
}

function varint(bytes: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  for (let at = from, scale = 1; at < bytes.length; at++, scale *= 0x80) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new Error('a number that is cut off');
}

/** ReserveResponse {stock: StockLevel}. */
export function decodeReserved(message: Buffer): Figures {
  const stock = { id: '', onHandQty: 0, reservedQty: 0, availableQty: 0 };
  readFields(message, (field, level) => {
    if (field !== 1 || !Buffer.isBuffer(level)) throw new Error(`a field ${field} in a ReserveResponse`);
    readFields(level, (of, value) => {
      if (of === 1 && Buffer.isBuffer(value)) stock.id = value.toString('latin1');
      else if (typeof value !== 'number') throw new Error(`a field ${of} in a StockLevel`);
      else if (of === 2) stock.onHandQty = value;
      else if (of === 3) stock.reservedQty = value;
      else if (of === 4) stock.availableQty = value;
    });
  });
  return stock;
}
