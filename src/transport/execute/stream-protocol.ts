import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ConnectError } from '@connectrpc/connect';
import { endStreamFlag, errorToJson } from '@connectrpc/connect/protocol-connect';
import type { Failure } from '../../domain/failure.js';
import type { Door } from '../../service/call.js';
import { REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import { UnreadableRequest } from '../dispatch/unreadable-request.js';
import type { HelpLinks } from '../failures/help-links.js';
import { MALFORMED_HEADER } from '../grpc/guard/headers.js';
import type { GrpcErrors } from '../grpc/status.js';
import { connectError } from '../http/connect/connect-error.js';
import type { WireWriter } from '../messages/wire-writer.js';
import type { CommandResult } from '../operations/operation.js';
import { boundedConnectTimeout, boundedGrpcTimeout, GRPC_TIMEOUT_RULE, grpcTimeoutMs } from '../timeouts.js';
import { type Envelope, envelope, writeEnvelope } from './envelopes.js';
import {
  jsonAnswer,
  readBinaryCommand,
  readJsonCommand,
  type TaggedCommand,
  writeBinaryAnswer,
} from './execute-message.js';

/** How a stream of commands is encoded: gRPC, or Connect with one of its codecs. */
export interface StreamProtocol {
  readonly door: Door;
  /** What is wrong with the request's headers, if anything is. */
  readonly malformed: string | undefined;
  /** The compression of the messages, if it is not supported. */
  readonly unsupported: string | undefined;
  readonly timeoutMs: number | undefined;
  /** @throws UnreadableRequest */
  unpack(envelope: Envelope): Buffer;
  /** Reads an unpacked message. @throws UnreadableRequest */
  read(message: Buffer): TaggedCommand;
  /** Writes an answer in its envelope. */
  answer(into: WireWriter, tag: string, result: CommandResult): void;
  /** Sends the headers. To be called once. */
  begin(stream: ServerHttp2Stream): void;
  /** Ends the stream, and sends the headers first if they are not sent yet. */
  end(stream: ServerHttp2Stream, failure: Failure | undefined): void;
  /**
   * Refuses a stream of unsupported compression in the protocol's own words, since the contract has no reason for it.
   */
  refuseEncoding(stream: ServerHttp2Stream): void;
}

export interface ProtocolContext {
  readonly requestId: string;
  readonly errors: GrpcErrors;
  readonly help: HelpLinks;
  readonly messageBytesMax: number;
}

/** Chooses by the request's `Content-Type`; undefined: a protocol that cannot stream in both directions. */
export function protocolOf(
  headers: IncomingHttpHeaders,
  context: ProtocolContext,
): StreamProtocol | undefined {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  switch (type.trim().toLowerCase()) {
    case 'application/grpc':
    case 'application/grpc+proto':
      return grpcProtocol(headers, context);
    case 'application/connect+proto':
    case 'application/connect+json':
      return connectProtocol(headers, context, type.trim().toLowerCase().endsWith('+json'));
    default:
      return undefined;
  }
}

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer;

const compressions = new Map<string, Unpack>([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
]);

const ACCEPTED = 'identity,gzip,br';
const UNIMPLEMENTED = 12;

function unpacked({ flags, bytes }: Envelope, encoding: string, bytesMax: number): Buffer {
  if (flags === 0) return bytes;
  const unpack = compressions.get(encoding);
  if (flags !== 1 || unpack === undefined) throw new UnreadableRequest('a message has unknown flags');
  try {
    return unpack(bytes, { maxOutputLength: bytesMax });
  } catch {
    throw new UnreadableRequest(`a message is not ${encoding} of at most ${bytesMax} bytes`);
  }
}

function unsupportedEncoding(encoding: string): string | undefined {
  return encoding === 'identity' || compressions.has(encoding)
    ? undefined
    : `The encoding ${encoding} is not supported: use one of ${ACCEPTED.replaceAll(',', ', ')}.`;
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function grpcProtocol(
  headers: IncomingHttpHeaders,
  { requestId, errors, messageBytesMax }: ProtocolContext,
): StreamProtocol {
  const encoding = String(headers['grpc-encoding'] ?? 'identity');
  const unsupported = unsupportedEncoding(encoding);
  const timeout = headers['grpc-timeout'];
  const bounded = timeout === undefined ? undefined : boundedGrpcTimeout(String(timeout));
  const head: OutgoingHttpHeaders = {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-accept-encoding': ACCEPTED,
    [REQUEST_ID_HEADER]: requestId,
  };
  const trailers = (failure: Failure | undefined): OutgoingHttpHeaders =>
    failure === undefined ? { 'grpc-status': 0 } : errors.trailersOf(failure, requestId);
  return {
    door: 'grpc',
    malformed:
      headers[MALFORMED_HEADER]?.toString() ??
      (timeout !== undefined && bounded === undefined ? GRPC_TIMEOUT_RULE : undefined),
    unsupported,
    timeoutMs: bounded === undefined ? undefined : grpcTimeoutMs(bounded),
    unpack: (message) => unpacked(message, encoding, messageBytesMax),
    read: readBinaryCommand,
    answer: (into, tag, result) => writeEnvelope(into, 0, () => writeBinaryAnswer(into, tag, result, errors)),
    begin: (stream) => stream.respond(head, { waitForTrailers: true }),
    end: (stream, failure) => {
      if (!stream.headersSent) {
        stream.respond({ ...head, ...trailers(failure) }, { endStream: true });
        return;
      }
      // The compatibility layer of node:http2 would send its own trailers.
      stream.removeAllListeners('wantTrailers');
      stream.once('wantTrailers', () => stream.sendTrailers(trailers(failure)));
      stream.end();
    },
    refuseEncoding: (stream) => {
      const status = { 'grpc-status': UNIMPLEMENTED, 'grpc-message': encodeURI(unsupported!) };
      stream.respond({ ...head, ...status }, { endStream: true });
    },
  };
}

/** https://connectrpc.com/docs/protocol/#streaming-rpcs */
function connectProtocol(
  headers: IncomingHttpHeaders,
  { requestId, errors, help, messageBytesMax }: ProtocolContext,
  isJson: boolean,
): StreamProtocol {
  const encoding = String(headers['connect-content-encoding'] ?? 'identity');
  const unsupported = unsupportedEncoding(encoding);
  const timeout = headers['connect-timeout-ms'];
  const bounded = timeout === undefined ? undefined : boundedConnectTimeout(String(timeout));
  const begin = (stream: ServerHttp2Stream): void => {
    stream.respond({
      ':status': 200,
      'content-type': isJson ? 'application/connect+json' : 'application/connect+proto',
      'connect-accept-encoding': ACCEPTED,
      [REQUEST_ID_HEADER]: requestId,
    });
  };
  return {
    door: 'connect',
    malformed:
      timeout !== undefined && bounded === undefined
        ? 'connect-timeout-ms must be a number of at most 10 digits'
        : undefined,
    unsupported,
    timeoutMs: bounded === undefined ? undefined : Number(bounded),
    unpack: (message) => unpacked(message, encoding, messageBytesMax),
    read: isJson ? readJsonCommand : readBinaryCommand,
    answer: (into, tag, result) =>
      writeEnvelope(into, 0, () => {
        if (isJson) into.raw(jsonAnswer(tag, result, help));
        else writeBinaryAnswer(into, tag, result, errors);
      }),
    begin,
    end: (stream, failure) => {
      if (!stream.headersSent) begin(stream);
      const metadata = { [REQUEST_ID_HEADER]: [requestId] };
      const error = failure && errorToJson(ConnectError.from(connectError(failure, help)), undefined);
      stream.end(envelope(endStreamFlag, Buffer.from(JSON.stringify({ error, metadata }))));
    },
    refuseEncoding: (stream) => {
      begin(stream);
      const error = { code: 'unimplemented', message: unsupported };
      stream.end(envelope(endStreamFlag, Buffer.from(JSON.stringify({ error }))));
    },
  };
}
