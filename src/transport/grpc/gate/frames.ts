/** Frames of HTTP/2, as far as the gate looks at them: https://www.rfc-editor.org/rfc/rfc9113#section-6 */

/** What a client sends before its first frame. */
export const PREFACE_BYTES = 24;
/** Length (3 bytes), type, flags, stream (4 bytes). */
export const FRAME_HEAD_BYTES = 9;
/** Longest payload: the service allows no more than what HTTP/2 begins with. */
export const PAYLOAD_BYTES_MAX = 16_384;

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const ACK = 0x1;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const PRIORITY = 0x20;

export interface FrameHead {
  /** Of the payload. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  /** Of the stream. */
  readonly id: number;
}

export function payloadLength(bytes: Buffer, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** Where the frame at that place ends. */
export function frameEnd(bytes: Buffer, at: number): number {
  return at + FRAME_HEAD_BYTES + payloadLength(bytes, at);
}

export function streamId(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + 5) & 0x7fffffff;
}

/** Returns where its payload begins. */
export function writeFrameHead(target: Buffer, at: number, { length, type, flags, id }: FrameHead): number {
  target.writeUIntBE(length, at, 3);
  target[at + 3] = type;
  target[at + 4] = flags;
  return target.writeUInt32BE(id, at + 5);
}

/** A frame whose payload is one number of 32 bits. */
export function shortFrame(type: number, id: number, value: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + 4);
  frame.writeUInt32BE(value, writeFrameHead(frame, 0, { length: 4, type, flags: 0, id }));
  return frame;
}
