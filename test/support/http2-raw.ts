import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { passingHeader } from '../../bench/load/hpack.js';
import { frame, HTTP2_PREFACE } from './http2-frames.js';

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

/** Of a frame's payload. */
export const FRAME_BYTES_MAX = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** HTTP/2 written by hand, for what no client library would send. It reads everything, and answers nothing. */
export class RawHttp2 {
  readonly frames: Frame[] = [];
  /** Called with each frame that comes. */
  onFrame: (frame: Frame) => void = () => {};
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  #woken: () => void = () => {};

  private constructor(readonly socket: Socket) {
    // A reset is an end like any other.
    socket.on('error', () => {});
    // A client that keeps its side open notices only by sending that the server has closed the connection.
    socket.on('end', () => {
      if (!socket.allowHalfOpen) return;
      const talking = setInterval(() => socket.write(frame(FrameType.PING, 0, 0, Buffer.alloc(8))), 20);
      socket.once('close', () => clearInterval(talking));
    });
    socket.on('data', (chunk) => this.#read(chunk));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#woken();
        resolve();
      });
    });
  }

  /** `settings` are (identifier, value). */
  static async connect(
    authority: string,
    settings: readonly (readonly [number, number])[] = [],
  ): Promise<RawHttp2> {
    return RawHttp2.open(authority, [
      HTTP2_PREFACE,
      frame(FrameType.SETTINGS, 0, 0, settingsPayload(settings)),
    ]);
  }

  /** With another preface. `hangsUp`: whether it ends its side when the server ends its own. */
  static async open(
    authority: string,
    words: readonly (string | Uint8Array)[],
    { hangsUp = true } = {},
  ): Promise<RawHttp2> {
    const { hostname: host, port } = new URL(`http://${authority}`);
    const socket = connect({ port: Number(port), host, allowHalfOpen: !hangsUp });
    await once(socket, 'connect');
    for (const word of words) socket.write(word);
    return new RawHttp2(socket);
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The first frame that matches, now or later; undefined: the connection was closed without one. */
  async frame(wanted: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(wanted);
      if (found !== undefined || this.socket.destroyed) return found;
      await new Promise<void>((resolve) => {
        this.#woken = resolve;
      });
    }
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9 && this.#rest.length >= 9 + this.#rest.readUIntBE(0, 3)) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      const stream = this.#rest.readUInt32BE(5) & 0x7fff_ffff;
      const [type, flags] = [this.#rest[3]!, this.#rest[4]!];
      const read: Frame = { type, flags, stream, payload: this.#rest.subarray(9, end) };
      this.frames.push(read);
      this.onFrame(read);
      this.#rest = this.#rest.subarray(end);
    }
    this.#woken();
  }
}

function settingsPayload(settings: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return payload;
}

/** A block of headers, in as many frames as it needs. */
export function headersFrames(
  stream: number,
  headers: readonly (readonly [string, string])[],
  flags: number = 0,
): Buffer {
  const block = Buffer.concat(headers.map(([name, value]) => passingHeader(name, value)));
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += FRAME_BYTES_MAX) {
    const type = at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    const last = at + FRAME_BYTES_MAX >= block.length ? END_HEADERS : 0;
    const first = at === 0 ? flags : 0;
    frames.push(frame(type, first | last, stream, block.subarray(at, at + FRAME_BYTES_MAX)));
  }
  return Buffer.concat(frames);
}

/** The headers of a gRPC call. */
export function grpcHeaders(
  path: string,
  credentials?: { readonly token: string; readonly apiKey: string },
): [string, string][] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'test'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ...(credentials === undefined
      ? []
      : ([
          ['authorization', `Bearer ${credentials.token}`],
          ['x-merchantapikey', credentials.apiKey],
        ] satisfies [string, string][])),
  ];
}

/** A gRPC message in its envelope, and that in a frame. */
export function messageFrame(stream: number, message: Uint8Array, flags: number = END_STREAM): Buffer {
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(message.length, 1);
  return frame(FrameType.DATA, flags, stream, Buffer.concat([envelope, message]));
}
