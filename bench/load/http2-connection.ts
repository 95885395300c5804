import { connect, type Socket } from 'node:net';
import { BoxedMap } from '../../src/collections/boxed-map.js';
import { passingHeader, RepeatedHeaders } from './hpack.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEAD_BYTES = 9;
const Type = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
} as const;
const Flag = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;
/**
 * HEADER_TABLE_SIZE 0, so that header blocks can be read without knowing those before; ENABLE_PUSH 0;
 * INITIAL_WINDOW_SIZE as large as possible, so that only the connection's window needs attention.
 */
const SETTINGS = Buffer.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]);
const WINDOW_BYTES_INITIAL = 65_535;
/** What the server may send before it is allowed more. */
const WINDOW_BYTES_GRANT = 2 ** 30;

export interface Http2Response {
  readonly body: Buffer;
  /** The last header block: the trailers, or the headers of a response without a body. */
  readonly lastHeaders: Buffer | undefined;
  /** Set when the server reset the stream. */
  readonly resetCode: number | undefined;
}

interface Stream {
  body: Buffer;
  readonly done: (response: Http2Response) => void;
  /** Takes the body as it arrives; the response then has none. */
  readonly onData: ((bytes: Buffer) => void) | undefined;
}

const NOTHING = Buffer.alloc(0);

/**
 * A client's side of HTTP/2 in cleartext, as far as small unary calls need it: many streams, one frame of headers
 * and one of data each. Anything else that a server might send (CONTINUATION, padding) is an error, so a
 * misunderstanding cannot pass for a figure. https://www.rfc-editor.org/rfc/rfc9113
 */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #headers: RepeatedHeaders;
  /** Boxed, or the generator's own full collections delay calls. */
  readonly #streams = new BoxedMap<number, Stream>();
  /** Frames of this turn of the event loop; they are sent together. */
  #unsent: Buffer[] = [];
  #received: Buffer = NOTHING;
  #nextStream = 1;
  /** How many bytes the server allows us to send. */
  #sendWindowBytes = WINDOW_BYTES_INITIAL;
  /** How many streams at once the server allows. */
  #streamsMax = Number.POSITIVE_INFINITY;
  /** Requests that wait until there are fewer. */
  readonly #waiting: (() => void)[] = [];
  /** Requests that wait until the server allows more bytes. */
  readonly #held: (() => void)[] = [];
  #grantUsedBytes = 0;
  #closed = false;

  constructor(
    address: string,
    headers: readonly (readonly [string, string])[],
    onError: (error: Error) => void,
  ) {
    const [host, port] = address.split(':');
    this.#headers = new RepeatedHeaders(headers);
    this.#socket = connect(Number(port), host!);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', onError);
    this.#socket.on('close', () => {
      if (!this.#closed) onError(new Error('the server closed the connection'));
    });
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        this.#read(chunk);
      } catch (error) {
        onError(error as Error);
        this.close();
      }
    });
    this.#send(Buffer.from(PREFACE), frame(Type.SETTINGS, 0, 0, SETTINGS), windowUpdate(WINDOW_BYTES_GRANT));
  }

  /** Sends a request with the connection's headers and one more where given. Never calls back before it returns. */
  request(
    header: readonly [string, string] | undefined,
    body: Buffer,
    done: (response: Http2Response) => void,
    onData?: (bytes: Buffer) => void,
  ): void {
    const isFull = this.#streams.size >= this.#streamsMax;
    if (isFull || body.length > this.#sendWindowBytes) {
      const line = isFull ? this.#waiting : this.#held;
      line.push(() => this.request(header, body, done, onData));
      return;
    }
    this.#sendWindowBytes -= body.length;
    const id = this.#nextStream;
    this.#nextStream += 2;
    const repeated = id === 1 ? this.#headers.first : this.#headers.later;
    const block = header === undefined ? repeated : Buffer.concat([repeated, passingHeader(...header)]);
    this.#streams.set(id, { body: NOTHING, done, onData });
    this.#send(frame(Type.HEADERS, Flag.END_HEADERS, id, block), frame(Type.DATA, Flag.END_STREAM, id, body));
  }

  /**
   * Opens a request that goes on. Only the connection's window is checked: while the server leaves little unread, it
   * opens the stream's own window again long before that is used up.
   */
  open(onData: (bytes: Buffer) => void, done: (response: Http2Response) => void): (bytes: Buffer) => void {
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(id, { body: NOTHING, done, onData });
    const block = id === 1 ? this.#headers.first : this.#headers.later;
    this.#send(frame(Type.HEADERS, Flag.END_HEADERS, id, block));
    const write = (bytes: Buffer): void => {
      if (bytes.length > this.#sendWindowBytes) {
        this.#held.push(() => write(bytes));
        return;
      }
      this.#sendWindowBytes -= bytes.length;
      this.#send(frame(Type.DATA, 0, id, bytes));
    };
    return write;
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #send(...frames: Buffer[]): void {
    if (this.#unsent.length === 0) process.nextTick(() => this.#flush());
    this.#unsent.push(...frames);
  }

  #flush(): void {
    const frames = this.#unsent;
    this.#unsent = [];
    if (!this.#closed) this.#socket.write(Buffer.concat(frames));
  }

  #read(chunk: Buffer): void {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const end = at + FRAME_HEAD_BYTES + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + FRAME_HEAD_BYTES, end);
      this.#handle(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), payload);
      at = end;
    }
    this.#received = bytes.subarray(at);
  }

  #handle(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case Type.DATA:
        if (flags & Flag.PADDED) throw new Error('padded data');
        this.#grant(payload.length);
        this.#take(this.#streams.get(id)!, payload);
        if (flags & Flag.END_STREAM) this.#end(id, undefined, undefined);
        return;
      case Type.HEADERS:
        if (!(flags & Flag.END_HEADERS) || flags & (Flag.PADDED | Flag.PRIORITY)) {
          throw new Error('headers in a form that is not understood here');
        }
        if (flags & Flag.END_STREAM) this.#end(id, payload, undefined);
        return;
      case Type.RST_STREAM:
        this.#end(id, undefined, payload.readUInt32BE(0));
        return;
      case Type.SETTINGS:
        if (flags & Flag.ACK) return;
        this.#streamsMax = streamsMaxOf(payload) ?? this.#streamsMax;
        this.#send(frame(Type.SETTINGS, Flag.ACK, 0, NOTHING));
        return;
      case Type.PING:
        if (!(flags & Flag.ACK)) this.#send(frame(Type.PING, Flag.ACK, 0, payload));
        return;
      case Type.WINDOW_UPDATE:
        if (id === 0) this.#release(payload.readUInt32BE(0));
        return;
      default:
        throw new Error(type === Type.GOAWAY ? 'the server says goodbye' : `a frame of type ${type}`);
    }
  }

  #take(stream: Stream, payload: Buffer): void {
    if (stream.onData !== undefined) stream.onData(payload);
    else stream.body = Buffer.concat([stream.body, payload]);
  }

  #end(id: number, lastHeaders: Buffer | undefined, resetCode: number | undefined): void {
    const stream = this.#streams.get(id);
    // A server may reset a stream that it has answered.
    if (stream === undefined) return;
    this.#streams.delete(id);
    this.#waiting.shift()?.();
    stream.done({ body: stream.body, lastHeaders, resetCode });
  }

  /** Opens the connection's window again by what the server has used, long before it is used up. */
  #grant(usedBytes: number): void {
    this.#grantUsedBytes += usedBytes;
    if (this.#grantUsedBytes < WINDOW_BYTES_GRANT / 2) return;
    this.#send(windowUpdate(this.#grantUsedBytes));
    this.#grantUsedBytes = 0;
  }

  #release(bytes: number): void {
    this.#sendWindowBytes += bytes;
    for (const request of this.#held.splice(0)) request();
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}

/** SETTINGS_MAX_CONCURRENT_STREAMS, if it is among the settings. */
function streamsMaxOf(settings: Buffer): number | undefined {
  for (let at = 0; at < settings.length; at += 6) {
    if (settings.readUInt16BE(at) === 3) return settings.readUInt32BE(at + 2);
  }
  return undefined;
}

function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes);
  return frame(Type.WINDOW_UPDATE, 0, 0, payload);
}
