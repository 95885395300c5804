import type { DescField, DescMethod, DescService, Message } from '@bufbuild/protobuf';
import type { Failure } from '../../../domain/failure.js';
import { failureMessage } from '../../../domain/failure-message.js';
import { reasons } from '../../../domain/reasons.js';
import { AdjustedStockSchema } from '../../../gen/inventory/v1/adjustments_pb.js';
import {
  type BodyWriter,
  type CorsOptions,
  createTranscoder,
  type HttpRequest,
  MalformedRequest,
  type ReadyAnswer,
  RequestRefused,
  splitTarget,
  type TranscodedAnswer,
  type TranscodedCall,
  type Transcoder,
  type TranscodingFault,
} from '../../../transcoding/index.js';
import { listRules } from '../../dispatch/decode.js';
import type { CallMetadata } from '../../dispatch/dispatcher.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import { UnreadableRequest } from '../../dispatch/unreadable-request.js';
import type { DoorOptions } from '../../door-options.js';
import { errorCodes, malformedBody, RETRY_AFTER_SECONDS, restErrorBody } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { type Operation, type Reply, refuse } from '../../operations/operation.js';
import { StreamFailed, type StreamOperation, slowReader } from '../../operations/stream-operation.js';
import { batchAnswer } from './batch-answer.js';
import { asWritten, malformedAsWritten } from './rest-fields.js';

export interface RestDoorOptions extends DoorOptions {
  readonly services: readonly DescService[];
  readonly streamHeartbeatMs: number;
  /** Undefined: no page in a browser may call. */
  readonly cors: CorsOptions | undefined;
  /** The id that the listener gave the request. */
  readonly requestId: (request: HttpRequest) => string;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** The REST door: the transcoder's routes, answered in the published envelope. */
export function createRestDoor(options: RestDoorOptions): Transcoder {
  const { dispatcher, requestId, help } = options;
  const operations = new Map<DescMethod, Operation>(options.operations.map((o) => [o.method, o]));
  const envelope: BodyWriter = {
    success: (data) => ({ status: true, data }),
    fault: (fault, request) => restFault(fault, requestId(request), help),
    streamError: (error, request) => restErrorBody(streamFailure(error), requestId(request), help),
  };
  const streams = new Map<DescMethod, StreamOperation>(options.streams.map((s) => [s.method, s]));
  const transcoder = createTranscoder({
    services: options.services,
    bodyBytesMax: (method) =>
      operations.get(method)?.isLarge ? options.batchBodyBytesMax : options.bodyBytesMax,
    bodyTimeoutMs: options.requestTimeoutMs,
    longBodies: {
      bodyBytesMax: options.bodyBytesMax,
      mayBring: (method, request) =>
        dispatcher.mayBring(operations.get(method)!, new RestCallMetadata(request, requestId(request))),
    },
    holdBody: (isLong, giveUp) => options.bodyRoom.hold(isLong, giveUp),
    ...(options.cors && { cors: options.cors }),
    writer: envelope,
    ...listRules,
    nullWhenUnset: isOptionalScalar,
    leftOutWhenEmpty: isBeyondThePage,
    stalledMs: options.streamStalledMs,
    heartbeatMs: options.streamHeartbeatMs,
    responseHeaders: (request) => ({ [REQUEST_ID_HEADER]: requestId(request) }),
    handle: async (call) => {
      const metadata = new RestCallMetadata(call.request, requestId(call.request));
      const binding = new Binding(call);
      const stream = streams.get(call.method);
      if (stream !== undefined) {
        const decode = () => resumed(binding.bind(), metadata);
        const reply = await options.streamDispatcher.open(stream, metadata, decode, leftSignal(call));
        if (binding.refusal !== undefined) throw binding.refusal;
        if (!reply.ok) return toAnswer(refuse(reply.failure), call.method, metadata.requestId, help);
        return { kind: 'stream', messages: reply.messages, eventId };
      }
      const operation = operations.get(call.method)!;
      const reply = await dispatcher.dispatch(operation, metadata, () => binding.bind());
      if (binding.refusal !== undefined) throw binding.refusal;
      if (reply.ok && reply.results !== undefined) {
        return batchAnswer(reply.results, (method, message) => transcoder.encode(method, message), help);
      }
      return toAnswer(reply, call.method, metadata.requestId, help);
    },
    onError: (error, request) => {
      options.onError(error, requestId(request));
      return { status: 500, body: restErrorBody({ reason: 'INTERNAL' }, requestId(request), help) };
    },
  });
  return transcoder;
}

/** The published REST page defines no deadline, so the service's applies. */
class RestCallMetadata implements CallMetadata {
  readonly door = 'rest';
  readonly deadlineAtMs = undefined;
  readonly #request: HttpRequest;

  constructor(
    request: HttpRequest,
    readonly requestId: string,
  ) {
    this.#request = request;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get traceparent(): string | undefined {
    return this.header('traceparent');
  }
}

/** A call's request in the form that the dispatcher takes. */
class Binding {
  /** A refusal with an HTTP status other than that of a malformed request. */
  refusal: RequestRefused | undefined;
  readonly #call: TranscodedCall;

  constructor(call: TranscodedCall) {
    this.#call = call;
  }

  bind(): Message {
    refuseKeyInQuery(this.#call);
    try {
      return this.#call.bind();
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      if (error instanceof MalformedRequest) {
        throw new UnreadableRequest(malformedAsWritten(error, this.#call.method).message);
      }
      this.refusal = error;
      throw new UnreadableRequest(error.message);
    }
  }
}

/**
 * A key that was sent must never be ignored, and one in the URL would end up in the log of every proxy. Most queries of
 * calls that take a key mean nothing, since the body is the whole request.
 */
function refuseKeyInQuery({ method, request }: TranscodedCall): void {
  const { query } = splitTarget(request.url ?? '');
  if (query === '' || !method.input.fields.some(({ name }) => name === 'idempotency_key')) return;
  for (const name of new URLSearchParams(query).keys()) {
    if (!/(?:^|\.)idempotency(?:Key|_key)$/.test(name)) continue;
    throw new UnreadableRequest(
      `${name} cannot be given in the query; send it in the body or as the Idempotency-Key header`,
    );
  }
}

/** Aborted when the caller leaves, or is disconnected. */
function leftSignal({ signal }: TranscodedCall): AbortSignal {
  const left = new AbortController();
  const leave = (): void => left.abort(isStall(signal.reason) ? slowReader() : undefined);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  return left.signal;
}

function streamFailure(error: unknown): Failure {
  if (error instanceof StreamFailed) return error.failure;
  return isStall(error) ? slowReader().failure : { reason: 'INTERNAL' };
}

/** How the transcoder reports a client that leaves a stream's data unread. */
function isStall(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** The fields that name a stream's events and resume after them. */
interface Resumable {
  afterId?: unknown;
  eventId?: unknown;
}

/**
 * A server-sent events client that reconnects repeats its original request, and says in a header how far it has got
 * since, so the header wins.
 */
function resumed(request: Message, metadata: CallMetadata): Message {
  const lastEventId = metadata.header('last-event-id') ?? '';
  const resumable = request as Message & Resumable;
  if (lastEventId !== '' && resumable.afterId !== undefined) resumable.afterId = lastEventId;
  return request;
}

function eventId(message: Message & Resumable): string | undefined {
  return typeof message.eventId === 'string' ? message.eventId : undefined;
}

/** The published page writes `"skuId": null` for a record without one. */
function isOptionalScalar(field: DescField): boolean {
  return field.fieldKind === 'scalar' && field.oneof === undefined;
}

/** Published answers have no member for it. */
function isBeyondThePage(field: DescField): boolean {
  return field === AdjustedStockSchema.field.shortfall;
}

function toAnswer(reply: Reply, method: DescMethod, requestId: string, help: HelpLinks): TranscodedAnswer {
  const headers: Record<string, string> = reply.replayed ? { [REPLAYED_HEADER]: 'true' } : {};
  if (reply.ok) return { kind: 'message', message: reply.message, headers };
  const { httpStatus } = errorCodes[reply.failure.reason];
  // RFC 9110, 15.5.2, requires it.
  if (reply.failure.reason === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer';
  if (reasons[reply.failure.reason].retryable) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  const body = restErrorBody(asWritten(reply.failure, method), requestId, help);
  return { kind: 'error', status: httpStatus, body, headers };
}

/** Faults that have an HTTP status of their own; the dispatcher never sees them. */
export function restFault(fault: TranscodingFault, requestId: string, help: HelpLinks): ReadyAnswer {
  const body = (message: string): string => malformedBody(message, requestId, help);
  switch (fault.kind) {
    case 'not_found':
      return { status: 404, body: body(`No static resource ${fault.path.replace(/^\//, '')}.`) };
    case 'method_not_allowed':
      return {
        status: 405,
        headers: { allow: fault.allow.join(', ') },
        body: body(`Method not allowed. Allowed: ${fault.allow.join(', ')}.`),
      };
    case 'unsupported_media_type':
      return {
        status: 415,
        body: body(
          fault.contentEncoding === undefined
            ? 'Content-Type must be application/json in UTF-8.'
            : 'Content-Encoding must be gzip or absent.',
        ),
      };
    case 'not_acceptable':
      return { status: 406, body: body(`Accept must allow ${fault.offers.join(' or ')}.`) };
    case 'body_too_slow':
      // The published page has no 408.
      return {
        status: errorCodes.DEADLINE_EXCEEDED.httpStatus,
        body: restErrorBody({ reason: 'DEADLINE_EXCEEDED' }, requestId, help),
      };
    case 'no_room':
      return {
        status: errorCodes.OVERLOADED.httpStatus,
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        body: restErrorBody({ reason: 'OVERLOADED' }, requestId, help),
      };
    case 'body_too_large':
      return { status: 413, body: body(`The body must not exceed ${fault.bytesMax} bytes.`) };
    case 'malformed': {
      const description = new MalformedRequest(fault.description, fault.field).message;
      return { status: 400, body: body(failureMessage({ reason: 'MALFORMED_REQUEST', description })) };
    }
  }
}
