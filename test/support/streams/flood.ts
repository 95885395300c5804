import { frame } from '../http2-frames.js';
import { END_STREAM, FRAME_BYTES_MAX, type Frame, FrameType, type RawHttp2 } from '../http2-raw.js';

/** https://www.rfc-editor.org/rfc/rfc9113#name-flow-control */
const INITIAL_WINDOW = 65_535;
const INITIAL_WINDOW_SETTING = 4;

/** Sends any number of bytes on stream 1, as fast as the server's windows allow, and reads all that comes back. */
export class Flood {
  sentBytes = 0;
  readonly #raw: RawHttp2;
  readonly #bytes: Buffer;
  #streamWindow = INITIAL_WINDOW;
  #initialWindow = INITIAL_WINDOW;
  #connectionWindow = INITIAL_WINDOW;

  /** The head of the request must already be sent. */
  constructor(raw: RawHttp2, bytes: Buffer) {
    this.#raw = raw;
    this.#bytes = bytes;
    for (const known of raw.frames) this.#take(known);
    raw.onFrame = (received) => {
      this.#take(received);
      this.#sendOn();
    };
    this.#sendOn();
  }

  /** All that came on the stream. */
  get received(): Buffer {
    return Buffer.concat(
      this.#raw.frames.filter(({ type }) => type === FrameType.DATA).map(({ payload }) => payload),
    );
  }

  #take({ type, flags, stream, payload }: Frame): void {
    if (type === FrameType.SETTINGS && (flags & 1) === 0) {
      for (let at = 0; at < payload.length; at += 6) {
        if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SETTING) continue;
        this.#streamWindow += payload.readUInt32BE(at + 2) - this.#initialWindow;
        this.#initialWindow = payload.readUInt32BE(at + 2);
      }
    } else if (type === FrameType.WINDOW_UPDATE) {
      if (stream === 0) this.#connectionWindow += payload.readUInt32BE();
      else this.#streamWindow += payload.readUInt32BE();
    } else if (type === FrameType.DATA && payload.length > 0) {
      const read = Buffer.alloc(4);
      read.writeUInt32BE(payload.length);
      this.#raw.send(frame(FrameType.WINDOW_UPDATE, 0, 0, read), frame(FrameType.WINDOW_UPDATE, 0, 1, read));
    }
  }

  #sendOn(): void {
    while (this.sentBytes < this.#bytes.length) {
      const room = Math.min(this.#streamWindow, this.#connectionWindow, FRAME_BYTES_MAX);
      if (room <= 0) return;
      const payload = this.#bytes.subarray(this.sentBytes, this.sentBytes + room);
      this.sentBytes += payload.length;
      this.#streamWindow -= payload.length;
      this.#connectionWindow -= payload.length;
      const isLast = this.sentBytes === this.#bytes.length;
      this.#raw.send(frame(FrameType.DATA, isLast ? END_STREAM : 0, 1, payload));
    }
  }
}
