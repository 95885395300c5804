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
   * Aborted when the client leaves, or is given up on, before it has its whole answer. The reason is a `TimeoutError`
   * if it left data unread.
   */
  readonly signal: AbortSignal;
  /**
   * Builds the request message from path, query and body. Lazy, so that the host can refuse credentials before it looks
   * at the payload.
   *
   * @throws RequestRefused, which the host may let through: the transcoder answers it through the writer. Nearly always
   * MalformedRequest; the exception is a compressed body that exceeds the limit.
   */
  bind(): Message;
}

export type TranscodedAnswer =
  | MessageAnswer
  | StreamAnswer
  | ({ readonly kind: 'error' } & ReadyAnswer)
  /** A success that the host has rendered. */
  | ({ readonly kind: 'ready' } & ReadyAnswer);

/** The answer of a unary method. */
export interface MessageAnswer {
  readonly kind: 'message';
  readonly message: Message;
  readonly headers?: Headers;
}

/**
 * The answer of a server-streaming method. Status and headers are sent immediately. The next message is requested once
 * the client has taken the last one; when the client leaves, the signal is aborted and `return` is called.
 */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly messages: AsyncIterable<Message>;
  readonly headers?: Headers;
  /** The id of a server-sent event, which a reconnecting client repeats in `Last-Event-ID`. */
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
   * The JSON text that ends a stream whose source threw, or, with a `TimeoutError`, whose client left data unread.
   * Default: the body that `onError` gives.
   */
  streamError?(error: unknown, request: HttpRequest): string;
}

/**
 * A body as far as it is in memory, from its first bytes until its call is answered, in a host that bounds what all bodies
 * take together.
 */
export interface HeldBody {
  /** So many more bytes have arrived. False: there is no room for them, they do not count, and the request is refused. */
  grow(bytes: number): boolean;
  /** All of it has arrived: from now on it is not given up for others. */
  keep(): void;
  /** The call is answered, or its caller has left. */
  free(): void;
}

/** Bodies that are longer than most requests may have. */
export interface LongBodies {
  /** Up to this many bytes, a body is not long. */
  readonly bodyBytesMax: number;
  /**
   * Asked before a body is read that is or may be long. False: it stays unread, and `handle`, which must refuse the
   * call, finds no body in it.
   */
  mayBring(method: DescMethod, request: HttpRequest): boolean | Promise<boolean>;
}

/** How lists are read from JSON. */
export interface ListRules {
  /** How many items are read, and the rest ignored; undefined: all. For hosts that refuse longer lists. */
  itemsReadMax?(field: DescField): number | undefined;
  /** What stands for an item that cannot be read, in a list whose items are read each by itself. */
  standInOf?(field: DescField): ((description: string) => Message) | undefined;
}

export interface TranscoderOptions extends ListRules {
  readonly services: readonly DescService[];
  /** The largest request body, in bytes, once decompressed; of each method, or of all. */
  readonly bodyBytesMax: number | ((method: DescMethod) => number);
  /** How long a request's body may take to arrive, in milliseconds. Default: 30 seconds. */
  readonly bodyTimeoutMs?: number;
  readonly longBodies?: LongBodies;
  /** `giveUp` refuses a request of which not all has arrived, when the host needs the room. */
  readonly holdBody?: (isLong: boolean, giveUp: () => void) => HeldBody;
  readonly writer: BodyWriter;
  /** May answer synchronously or with a promise; synchronously is cheaper. */
  handle(call: TranscodedCall): TranscodedAnswer | Promise<TranscodedAnswer>;
  /** Renders what `handle` threw, or a response message that has no JSON. */
  onError(error: unknown, request: HttpRequest): ReadyAnswer;
  /** Headers of every response, such as a request id. Names in lower case, here and in answers. */
  responseHeaders?(request: HttpRequest): Headers;
  /** Rules that replace those in the protos, and how to decode paths: the `http` part of a service configuration. */
  readonly serviceConfig?: Http;
  /** Fields with presence that a response writes as `null` when they are unset, rather than leaving them out. */
  nullWhenUnset?(field: DescField): boolean;
  /** Lists that a response leaves out when they are empty. */
  leftOutWhenEmpty?(field: DescField): boolean;
  /** Responses of at least this many bytes are compressed for clients that accept gzip. Default: 1024. */
  readonly gzipBytesMin?: number;
  /** Which pages in browsers may call. Default: none; OPTIONS is then a method like any other. */
  readonly cors?: CorsOptions;
  /** A stream sends a heartbeat after this much silence. Default: 15,000 ms; 0: never. */
  readonly heartbeatMs?: number;
  /**
   * How long a stream's client may leave data unread. Then the stream ends, and if the client does not come back within
   * the same time again to read why, it is cut off. Default: 30,000 ms.
   */
  readonly stalledMs?: number;
}
