import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex, duplexPair } from 'node:stream';
import type { Foreseen } from '../../../../../src/transport/dispatch/early-refusals.js';
import { noHelp } from '../../../../../src/transport/failures/help-links.js';
import { Gate } from '../../../../../src/transport/grpc/gate/gate.js';
import type { Header } from '../../../../../src/transport/grpc/gate/header-table.js';
import { RefusalFrames } from '../../../../../src/transport/grpc/gate/refusal-frames.js';
import { GrpcErrors } from '../../../../../src/transport/grpc/status.js';

/** A call that passed. */
export interface Passed {
  readonly id: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** node:http2 has not seen its headers. */
  readonly isPlain: boolean;
  readonly foreseen: Foreseen | undefined;
  bodyBytes: number;
}

export interface GateStage {
  readonly gate: Gate;
  /** The other end of the connection. */
  readonly wire: Duplex;
  readonly passed: Passed[];
  /** Whether the gate does not read from the connection. */
  isPaused(): boolean;
  /** Closes node:http2's side, which tells the client to go. */
  closeSession(): void;
}

export interface GateStageOptions {
  readonly foresee: (headers: Readonly<Record<string, string>>, waitedMs: number) => Foreseen | undefined;
  readonly isDue?: () => boolean;
  /** Cuts what arrives into pieces. */
  readonly cut?: (bytes: Buffer) => Buffer[];
}

/** A gate with node:http2 behind it, which answers each call with 200 and the length of its message. */
export function gateStage({
  foresee,
  isDue = () => true,
  cut = (bytes) => [bytes],
}: GateStageOptions): GateStage {
  const [wire, here] = duplexPair();
  const socket = Object.assign(
    new Duplex({
      read() {},
      write: (chunk, _encoding, done) => void here.write(chunk, done),
      final: (done) => void here.end(done),
      destroy: (error, done) => void here.end(() => done(error)),
    }),
    { setNoDelay() {} },
  );
  here.on('data', (chunk: Buffer) => {
    for (const piece of cut(chunk)) socket.push(piece);
  });
  here.on('end', () => socket.push(null));
  const gate = new Gate(socket as unknown as Socket, {
    isDue,
    foresee: (headers, waitedMs) => foresee(record(headers), waitedMs),
    unread: { bytes: 0 },
    refusalFrames: new RefusalFrames(new GrpcErrors(noHelp)),
  });
  const passed: Passed[] = [];
  const server = createServer();
  let closeSession = (): void => {};
  server.on('session', (session) => {
    gate.session = session;
    closeSession = () => session.close();
    session.on('error', () => {});
  });
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      const known = gate.begins(stream.id!);
      const plain = known?.plain?.headers;
      const call: Passed = {
        id: stream.id!,
        headers: plain ?? headers,
        rawHeaders: plain === undefined ? rawHeaders : Object.entries(plain).flat().map(String),
        isPlain: plain !== undefined,
        foreseen: known?.foreseen,
        bodyBytes: 0,
      };
      passed.push(call);
      stream.on('error', () => {});
      stream.on('data', (chunk: Buffer) => {
        call.bodyBytes += chunk.length;
      });
      stream.on('end', () =>
        stream.respond({ ':status': 200, 'body-bytes': call.bodyBytes }, { endStream: true }),
      );
    },
  );
  server.emit('connection', gate);
  return { gate, wire, passed, isPaused: () => socket.isPaused(), closeSession: () => closeSession() };
}

function record(headers: readonly Header[]): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}

/** A client of node:http2 on the wire. */
export function clientOf(
  { wire }: GateStage,
  settings: { headerTableSize?: number } = {},
): ClientHttp2Session {
  return connect('http://stage', { createConnection: () => wire as Socket, settings });
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyBytes?: number;
  /** It sends its message, but does not end it. */
  readonly isOpen?: boolean;
}

export interface Answer {
  readonly id: number;
  /** Of gRPC, or of HTTP where node:http2 has answered. */
  readonly status: string;
  readonly headers: IncomingHttpHeaders;
  readonly rstCode: number;
}

export async function call(
  client: ClientHttp2Session,
  { headers = {}, bodyBytes = 0, isOpen = false }: Call = {},
): Promise<Answer> {
  const stream = client.request({ ':method': 'POST', ':path': '/call', ...headers });
  let answer: IncomingHttpHeaders = {};
  stream.on('response', (response) => {
    answer = response;
  });
  stream.resume();
  if (isOpen) stream.write(Buffer.alloc(bodyBytes));
  else stream.end(Buffer.alloc(bodyBytes));
  await once(stream, 'close');
  const status = String(answer['grpc-status'] ?? answer[':status']);
  return { id: stream.id!, status, headers: answer, rstCode: stream.rstCode };
}

/** A refusal of those calls that ask for it. */
export function refuseAsked(headers: Readonly<Record<string, string>>): Foreseen | undefined {
  if (headers.refuse === undefined) return undefined;
  return { failure: { reason: 'OVERLOADED' }, turn: undefined, requestId: headers.refuse };
}
