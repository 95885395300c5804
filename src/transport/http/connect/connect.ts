import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import { createRegistry, type DescService, type Message } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { Permission } from '../../../auth/principal.js';
import type { Failure } from '../../../domain/failure.js';
import { file_google_rpc_error_details } from '../../../gen/google/rpc/error_details_pb.js';
import { InventoryService } from '../../../gen/inventory/v1/inventory_service_pb.js';
import { MerchantService } from '../../../gen/merchants/v1/merchant_service_pb.js';
import { discardRest, startBodyClock } from '../../../transcoding/index.js';
import { decodeBinary, decodeJson } from '../../dispatch/decode.js';
import type { Dispatcher } from '../../dispatch/dispatcher.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import type { StreamDispatcher } from '../../dispatch/stream-dispatcher.js';
import { UnreadableRequest } from '../../dispatch/unreadable-request.js';
import type { DoorOptions } from '../../door-options.js';
import { malformedBody } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { messageOf } from '../../messages/command-outcome.js';
import { pathOf } from '../../operations/method-path.js';
import type { Operation } from '../../operations/operation.js';
import { StreamFailed, type StreamOperation } from '../../operations/stream-operation.js';
import { connectError } from './connect-error.js';
import { explainMalformed, type FailedCall } from './connect-malformed.js';
import { ConnectMessages, compressions } from './connect-messages.js';
import { callMetadata, headerIn } from './connect-metadata.js';
import { sentMessage } from './connect-request.js';
import { explainedStream, leftSignal, sendHead, streamContext } from './connect-stream.js';
import { cutTimeouts } from './connect-timeouts.js';
import { GrpcWebText } from './grpc-web-text.js';

/** The Connect door: the Connect protocol, gRPC-Web and gRPC, at /<service>/<RPC>. */
export class ConnectDoor {
  readonly #handlers = new Map<string, UniversalHandler>();
  /** Path → what the call needs. */
  readonly #permissions = new Map<string, Permission>();
  readonly #dispatcher: Dispatcher;
  /** The paths of streaming RPCs. */
  readonly #streams = new Set<string>();
  readonly #streamStalledMs: number;
  readonly #help: HelpLinks;
  readonly #requestTimeoutMs: number;
  readonly #messages: ConnectMessages;

  constructor(options: DoorOptions) {
    const { dispatcher, operations, streams, streamDispatcher, help, bodyBytesMax } = options;
    this.#dispatcher = dispatcher;
    this.#streamStalledMs = options.streamStalledMs;
    this.#help = help;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    const router = createRouter(bodyBytesMax);
    const largeRouter = createRouter(options.batchBodyBytesMax);
    const methods = operations.map(
      (operation) => [operation.method, implementation(operation, dispatcher, help)] as const,
    );
    const streaming = streams.map(
      (stream) => [stream.method, streamImplementation(stream, streamDispatcher, help)] as const,
    );
    const implementations = [...methods, ...streaming];
    const of = (service: DescService) => {
      const own = implementations.filter(([method]) => method.parent === service);
      const entries = own.map(([method, run]) => [method.localName, run]);
      return Object.fromEntries(entries);
    };
    for (const one of [router, largeRouter]) {
      one.service(InventoryService, of(InventoryService));
      one.service(MerchantService, of(MerchantService));
    }
    const long = new Map(operations.filter(({ isLarge }) => isLarge).map((one) => [pathOf(one.method), one]));
    this.#messages = new ConnectMessages(options, long);
    for (const { method, permission } of [...operations, ...streams]) {
      this.#permissions.set(pathOf(method), permission);
    }
    const large = largeRouter.handlers.filter(({ requestPath }) => long.has(requestPath));
    for (const handler of [...router.handlers, ...large]) {
      this.#handlers.set(handler.requestPath, handler);
      if (handler.method.methodKind !== 'unary') this.#streams.add(handler.requestPath);
    }
  }

  /** Whether the path is that of an RPC. */
  serves(path: string): boolean {
    return this.#handlers.has(path);
  }

  async handle(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    response.setHeader(REQUEST_ID_HEADER, requestId);
    cutWhenUnfinished(request, response, this.#requestTimeoutMs);
    const isStream = this.#streams.has(path);
    const text = new GrpcWebText(request.headers, this.#messages.bytesMaxOf(path));
    const context = isStream ? streamContext(response, text, this.#streamStalledMs) : createContextValues();
    const universal = text.decoded(
      universalRequestFromNodeRequest(request, response as never, undefined, context),
    );
    // The implementation sees only headers, so the id goes there.
    universal.header.set(REQUEST_ID_HEADER, requestId);
    cutTimeouts(universal.header);
    // The library trims header values, but a key with leading or trailing spaces must be refused.
    if (/^\s|\s$/.test(String(request.headers['idempotency-key'] ?? ''))) {
      universal.header.set('idempotency-key', '');
    }
    const credentials = { header: headerIn(universal.header) };
    const call: FailedCall = {
      requestId,
      help: this.#help,
      isAuthenticated: () => this.#dispatcher.isAuthenticated(credentials, this.#permissions.get(path)!),
    };
    const handler = this.#handlers.get(path)!;
    const taken = await this.#messages.take(path, request, response, universal, credentials);
    // `node:http2` ends a request that the client aborted just like a complete one.
    if (request.httpVersionMajor === 2 && (request as never as Http2ServerRequest).stream.closed) return;
    let answer = await handler(taken);
    if (isStream && answer.status === 200) {
      answer = { ...answer, body: explainedStream(answer, call, spellMessageForAll) };
    } else {
      answer = await explainMalformed(answer, call);
      if (answer.trailer !== undefined) spellMessageForAll(answer.trailer);
    }
    if (request.httpVersionMajor === 2) discardUnread(request as never);
    else if (!request.complete) await endConnection(request, response, isStream);
    if (answer.status >= 400 && answer.body === undefined) {
      refuseProtocol(answer.status, handler, response, call);
      return;
    }
    await universalResponseToNodeResponse(text.encoded(answer), response as never);
  }
}

/** Errors of commands are messages that hold others. */
const registry = createRegistry(file_google_rpc_error_details);

function createRouter(readMaxBytes: number): ConnectRouter {
  const jsonOptions = { alwaysEmitImplicit: true, registry };
  return createConnectRouter({ acceptCompression: compressions, readMaxBytes, jsonOptions });
}

/** Requests that the library answers with only a status. */
function refuseProtocol(
  status: number,
  { allowedMethods }: UniversalHandler,
  response: ServerResponse,
  { requestId, help }: FailedCall,
): void {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  let message = 'The HTTP version, method or Content-Type is not supported here.';
  if (status === 405) {
    headers.allow = [...new Set(allowedMethods)].sort().join(', ');
    message = `Method not allowed. Allowed: ${headers.allow}.`;
  } else if (status === 415) {
    headers['accept-post'] = MEDIA_TYPES;
    message = `Content-Type must be one of ${MEDIA_TYPES}, depending on the call and its protocol.`;
  } else if (status === 505) message = 'This call needs HTTP/2.';
  const body = malformedBody(message, requestId, help);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

const MEDIA_TYPES =
  'application/json, application/proto, application/connect+json, application/connect+proto, ' +
  'application/grpc-web, application/grpc-web-text, application/grpc';

/** The library waits for a message forever, and would keep a stopping service waiting with it. */
function cutWhenUnfinished(
  request: IncomingMessage,
  response: ServerResponse,
  requestTimeoutMs: number,
): void {
  const stopClock = startBodyClock(request, requestTimeoutMs, () => {
    if (!response.headersSent) response.destroy();
  });
  request.once('end', stopClock);
}

/** How much a client may go on sending after its answer. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/**
 * Reads and discards what the library left unread of a message that it refused: an HTTP/2 stream with unread bytes
 * never closes, not even with its connection.
 */
function discardUnread({ stream }: Http2ServerRequest): void {
  stream.once('finish', () => {
    let bytes = 0;
    // The request that the library destroyed would pause the stream again.
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > UNREAD_BYTES_MAX) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.resume();
  });
}

/**
 * On HTTP/1.1, what the library left unread would stand before the next request of the connection, which would wait for
 * its own body in vain. What the client still sends is discarded for a limited time; if there is more, the connection
 * closes. A stream's request is not over yet for the library.
 */
async function endConnection(
  request: IncomingMessage,
  response: ServerResponse,
  isStream: boolean,
): Promise<void> {
  if (!isStream) await new Promise<void>((done) => discardRest(request, done));
  if (!request.complete) response.setHeader('connection', 'close');
}

/**
 * The library percent-encodes all punctuation of a gRPC message. grpc-js clients do not decode `%2C`, `%3A` and the
 * like, so this encodes only what must be; every client can decode that.
 */
function spellMessageForAll(trailer: Headers): void {
  const message = trailer.get('grpc-message');
  if (message !== null) trailer.set('grpc-message', encodeURI(decodeURIComponent(message)));
}

function implementation(operation: Operation, dispatcher: Dispatcher, help: HelpLinks) {
  return async (_: never, context: HandlerContext) => {
    const requestId = context.requestHeader.get(REQUEST_ID_HEADER) ?? '';
    const timeoutMs = context.timeoutMs();
    const deadlineAtMs = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    const metadata = callMetadata(context, deadlineAtMs, requestId);
    const reply = await dispatcher.dispatch(operation, metadata, decoder(operation, context));
    if (reply.ok) {
      if (reply.replayed) context.responseHeader.set(REPLAYED_HEADER, 'true');
      return messageOf(reply, help);
    }
    const replayed = reply.replayed ? { [REPLAYED_HEADER]: 'true' } : undefined;
    throw namedError(reply.failure, requestId, help, replayed);
  };
}

function streamImplementation(operation: StreamOperation, dispatcher: StreamDispatcher, help: HelpLinks) {
  return async function* (_: never, context: HandlerContext) {
    const requestId = context.requestHeader.get(REQUEST_ID_HEADER) ?? '';
    const metadata = callMetadata(context, undefined, requestId);
    const left = leftSignal(context);
    const reply = await dispatcher.open(operation, metadata, decoder(operation, context), left);
    if (!reply.ok) throw namedError(reply.failure, requestId, help);
    sendHead(context);
    try {
      yield* reply.messages;
      left.throwIfAborted();
    } catch (error) {
      throw streamError(error, requestId, help);
    }
  };
}

/** Reads the sent message as all other doors do; the library has read an empty one. */
function decoder({ method }: Pick<Operation, 'method'>, context: HandlerContext): () => Message {
  return () => {
    const sent = sentMessage(context);
    if (sent === undefined) throw new UnreadableRequest('the request has no message');
    return sent.isBinary ? decodeBinary(method.input, sent.bytes) : decodeJson(method.input, sent.bytes);
  };
}

function streamError(error: unknown, requestId: string, help: HelpLinks): unknown {
  if (error instanceof StreamFailed) return namedError(error.failure, requestId, help);
  // The library's own deadline passed.
  const late = error instanceof ConnectError && error.code === Code.DeadlineExceeded;
  return late ? namedError({ reason: 'DEADLINE_EXCEEDED' }, requestId, help) : error;
}

/** Puts an error's metadata where its protocol expects it: trailers, the last envelope, or Connect's headers. */
function namedError(failure: Failure, requestId: string, help: HelpLinks, more?: Record<string, string>) {
  return connectError(failure, help, { [REQUEST_ID_HEADER]: requestId, ...more });
}
