import type { DescField, DescMethod, DescService, JsonValue, Message } from '@bufbuild/protobuf';
import type { Http } from '../gen/google/api/http_pb.js';
import type { TranscodingFault } from './faults.js';
import type { CorsOptions } from './http/cors.js';
import type { Headers, HttpRequest } from './http/http-message.js';

/** One call as the transcoder sees it, its body read and its route found, but nothing decoded. */
export interface TranscodedCall {
  readonly method: DescMethod;
  readonly request: HttpRequest;
  /**
   * Aborted when the client goes away, or is given up, before it has its whole answer. The reason is a `TimeoutError`
   * when it left what was sent unread.
   */
  readonly signal: AbortSignal;
  /**
   * Builds the request message from path, query and body. Lazy, so that the host can refuse credentials before
   * it looks at the payload.
   *
   * @throws RequestRefused, which the host may let pass: the transcoder answers it through the writer. Nearly always
   * MalformedRequest; a compressed body that unpacks to more than the bound is the exception.
   */
  bind(): Message;
}

export type TranscodedAnswer = MessageAnswer | StreamAnswer | ({ readonly kind: 'error' } & ReadyAnswer);

/** The answer of a unary method. */
export interface MessageAnswer {
  readonly kind: 'message';
  readonly message: Message;
  readonly headers?: Headers;
}

/**
 * The answer of a server-streaming method. Its status and headers are sent at once. The next message is asked for
 * when the client has taken the last one; when it goes away, the signal is aborted and `return` is called.
 */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly messages: AsyncIterable<Message>;
  readonly headers?: Headers;
  /** The id of a server-sent event, which a client that comes back repeats in `Last-Event-ID`. */
  eventId?(message: Message): string | undefined;
}

/** An answer that the host has rendered; `body` is JSON text. */
export interface ReadyAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Headers;
}

/** How the host wraps successes and renders what the transcoder refuses. `google.api.HttpBody` is never wrapped. */
export interface BodyWriter {
  /** The body of a unary answer. */
  success(json: JsonValue, method: DescMethod): JsonValue;
  fault(fault: TranscodingFault, request: HttpRequest): ReadyAnswer;
  /** One message of a stream; without it, messages are sent as they are. */
  streamed?(json: JsonValue, method: DescMethod): JsonValue;
  /**
   * The JSON text that ends a stream whose source threw, or, with a `TimeoutError`, whose client left what was sent
   * unread; without it, the body that `onError` gives.
   */
  streamError?(error: unknown, request: HttpRequest): string;
}

export interface TranscoderOptions {
  readonly services: readonly DescService[];
  /** The largest request body, in bytes, once unpacked. */
  readonly bodyBytesMax: number;
  /** How long a request's body may take to arrive, milliseconds. Default: 30 seconds. */
  readonly bodyTimeoutMs?: number;
  readonly writer: BodyWriter;
  /** May answer at once or by a promise; answering at once is cheaper. */
  handle(call: TranscodedCall): TranscodedAnswer | Promise<TranscodedAnswer>;
  /** Renders what `handle` threw, or a response message that has no JSON. */
  onError(error: unknown, request: HttpRequest): ReadyAnswer;
  /** Headers of every response, such as a request id. Names in lower case, here and in answers. */
  responseHeaders?(request: HttpRequest): Headers;
  /** Rules that replace those in the protos, and how to decode paths: the `http` part of a service configuration. */
  readonly serviceConfig?: Http;
  /** Fields with presence that a response writes as `null` when they are unset, rather than leaving them out. */
  nullWhenUnset?(field: DescField): boolean;
  /** Responses of at least so many bytes are packed for clients that accept gzip. Default: 1024. */
  readonly gzipBytesMin?: number;
  /** Browsers' pages that may call. Default: none; OPTIONS is then a method like any other. */
  readonly cors?: CorsOptions;
  /** A stream that has been silent for so long says that it is alive. Default: 15,000 ms; 0: never. */
  readonly heartbeatMs?: number;
  /**
   * How long a stream's client may leave unread what was sent. Then the stream ends, and when the client does not
   * come back within as long again to read why, it is cut off. Default: 30,000 ms.
   */
  readonly stalledMs?: number;
}
