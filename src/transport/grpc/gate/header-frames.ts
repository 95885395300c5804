import * as frames from './frames.js';
import type { Block } from './header-blocks.js';

/** Frames of one block; node:http2 accepts no more, either. */
const FRAMES_MAX = 9;

/** A block of headers, and where its frames end. */
interface Found {
  /** Undefined: what has arrived until there breaks the protocol. */
  readonly block: Block | undefined;
  readonly end: number;
}

/** The block whose first frame is at that place. Undefined: it has not arrived in full. */
export function blockAt(bytes: Buffer, at: number): Found | undefined {
  const fragments: Buffer[] = [];
  let end = at;
  for (;;) {
    const start = end + frames.FRAME_HEAD_BYTES;
    if (start > bytes.length) return undefined;
    if (!mayFollow(bytes, at, end) || fragments.length === FRAMES_MAX)
      return { block: undefined, end: start };
    const flags = bytes[end + 4]!;
    const fragment = fragmentAt(bytes, end);
    end = frames.frameEnd(bytes, end);
    if (end > bytes.length) return undefined;
    if (fragment.start > fragment.end) return { block: undefined, end };
    const isLast = (flags & frames.END_HEADERS) !== 0;
    if (isLast && fragments.length === 0) return { block: fragment, end };
    fragments.push(bytes.subarray(fragment.start, fragment.end));
    if (!isLast) continue;
    const whole = Buffer.concat(fragments);
    return { block: { bytes: whole, start: 0, end: whole.length }, end };
  }
}

/** Whether the frame at `next` can be one of the block that begins at `at`. */
function mayFollow(bytes: Buffer, at: number, next: number): boolean {
  if (frames.payloadLength(bytes, next) > frames.PAYLOAD_BYTES_MAX) return false;
  if (next === at) return true;
  return (
    bytes[next + 3] === frames.CONTINUATION && frames.streamId(bytes, next) === frames.streamId(bytes, at)
  );
}

/** What the frame has of the block, without padding and priority. It ends before it starts if these do not fit. */
function fragmentAt(bytes: Buffer, at: number): Block {
  let start = at + frames.FRAME_HEAD_BYTES;
  let end = frames.frameEnd(bytes, at);
  if (bytes[at + 3] === frames.HEADERS) {
    const flags = bytes[at + 4]!;
    if (flags & frames.PADDED) end -= bytes[start++]!;
    if (flags & frames.PRIORITY) start += 5;
  }
  return { bytes, start, end };
}

/** A block of headers in as many frames as it takes. `endStream`: END_STREAM or 0. */
export function headersFrames(id: number, endStream: number, block: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += frames.PAYLOAD_BYTES_MAX) {
    const payload = block.subarray(at, at + frames.PAYLOAD_BYTES_MAX);
    const isLast = at + payload.length === block.length;
    const head = Buffer.allocUnsafe(frames.FRAME_HEAD_BYTES);
    frames.writeFrameHead(head, 0, {
      length: payload.length,
      type: at === 0 ? frames.HEADERS : frames.CONTINUATION,
      flags: (at === 0 ? endStream : 0) | (isLast ? frames.END_HEADERS : 0),
      id,
    });
    pieces.push(head, payload);
  }
  return Buffer.concat(pieces);
}
