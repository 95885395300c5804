import type { DescField, DescMethod, JsonValue, Message } from '@bufbuild/protobuf';
import { Cors } from './http/cors.js';
import { rawBody } from './http/http-body.js';
import { JsonCodec } from './json/json-codec.js';
import type { TranscoderOptions } from './options.js';
import { type RequestBinder, requestBinder } from './request/bind-request.js';
import { type Binding, readHttpRules } from './rules/http-rules.js';
import type { RouteTree } from './rules/route-tree.js';

/** What all exchanges of a transcoder share, created once: its routes, ready to run, and its options. */
export interface RouteTable {
  readonly options: TranscoderOptions;
  readonly bindings: readonly Binding[];
  readonly tree: RouteTree<Binding>;
  readonly routes: ReadonlyMap<Binding, Route>;
  readonly cors: Cors | undefined;
  /** Of a body that is read although its request is refused by its head. */
  readonly refusedBytesMax: number;
}

const REFUSED_BYTES_MAX = 65_536;

/** A binding, ready to run. */
export interface Route {
  readonly binding: Binding;
  readonly bind: RequestBinder;
  /** The request's body is a `google.api.HttpBody`: of any media type, and not JSON. */
  readonly rawRequest: boolean;
  readonly rawResponse: boolean;
  readonly streams: boolean;
  readonly bodyBytesMax: number;
  /** What is answered: the response, or one field of it. */
  encode(message: Message): JsonValue;
  /** The `google.api.HttpBody` that is answered, where `rawResponse`. */
  raw(message: Message): Message | undefined;
}

/** @throws InvalidHttpRules */
export function createRouteTable(options: TranscoderOptions): RouteTable {
  const { bindings, tree } = readHttpRules(options.services, options.serviceConfig);
  const codec = new JsonCodec(options.services, options);
  const { bodyBytesMax: limit } = options;
  const limitOf = (method: DescMethod): number => (typeof limit === 'number' ? limit : limit(method));
  const routes = new Map(bindings.map((b) => [b, routeOf(b, codec, limitOf(b.method))]));
  const cors = options.cors === undefined ? undefined : new Cors(options.cors);
  const refusedBytesMax = typeof limit === 'number' ? limit : REFUSED_BYTES_MAX;
  return { options, bindings, tree, routes, cors, refusedBytesMax };
}

function routeOf(binding: Binding, codec: JsonCodec, bodyBytesMax: number): Route {
  const { method, body, responseBody } = binding;
  return {
    binding,
    bodyBytesMax,
    bind: requestBinder(binding, codec),
    rawRequest: body !== undefined && rawBody(method.input, body) !== undefined,
    rawResponse: rawBody(method.output, responseBody) !== undefined,
    streams: method.methodKind === 'server_streaming',
    encode: (message) =>
      responseBody === undefined
        ? codec.encode(method.output, message)
        : codec.encodeField(method.output, message, responseBody),
    raw: (message) => (responseBody === undefined ? message : messageIn(message, responseBody)),
  };
}

function messageIn(message: Message, field: DescField): Message | undefined {
  const values = message as unknown as Record<string, unknown>;
  if (field.oneof === undefined) return values[field.localName] as Message | undefined;
  const chosen = values[field.oneof.localName] as { case?: string; value?: Message };
  return chosen.case === field.localName ? chosen.value : undefined;
}
