import type { Message } from '@bufbuild/protobuf';
import { Call } from './call.js';
import { MalformedRequest, RequestRefused, type TranscodingFault } from './faults.js';
import { weightOfType } from './http/accept.js';
import { packedBytesMax, packing, unpack } from './http/compression.js';
import { Cors } from './http/cors.js';
import { rawContent } from './http/http-body.js';
import { type HttpRequest, type HttpResponse, isHttp2 } from './http/http-message.js';
import type { ReadyAnswer, TranscodedAnswer } from './options.js';
import { unreadableBody } from './request/media-type.js';
import { hasNoBody, readBody } from './request/read-body.js';
import { isClosing, type Outgoing } from './response/respond.js';
import { bareFailure, Responder } from './response/responder.js';
import { sendStream } from './response/send-stream.js';
import { type StreamFormat, streamFormat, streamOffers } from './response/stream-format.js';
import type { Route, RouteTable } from './route-table.js';
import { type RequestPath, readingsOf, splitTarget } from './rules/request-path.js';
import { ANY_METHOD } from './rules/route-tree.js';

/** What was sent, once its route is known. */
interface Routed {
  readonly route: Route;
  readonly path: RequestPath;
  readonly query: string;
  /** For a stream; undefined for a stream of raw bytes. */
  readonly format: StreamFormat | undefined;
}

/**
 * One request and its response: route → read the body → handle → respond. Exactly one response is sent, and
 * whatever is thrown on the way becomes one.
 */
export class Exchange {
  readonly #responder: Responder;

  readonly #table: RouteTable;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;

  constructor(table: RouteTable, request: HttpRequest, response: HttpResponse) {
    this.#table = table;
    this.#request = request;
    this.#response = response;
    this.#responder = new Responder(request, response, table.options.gzipBytesMin ?? 1024, (error) =>
      this.#failure(error),
    );
  }

  begin(): void {
    if (isClosing(this.#request)) return;
    // A client that resets its stream is not an error; on HTTP/1.1, nothing is emitted unless somebody listens.
    if (isHttp2(this.#request)) {
      this.#request.on('error', ignore);
      this.#response.on('error', ignore);
    }
    try {
      const { options, cors } = this.#table;
      const request = this.#request;
      const responder = this.#responder;
      responder.common = options.responseHeaders?.(request);
      if (cors !== undefined) responder.common = { ...responder.common, ...cors.headers(request) };
      const routed = this.#route();
      const refusal = 'status' in routed ? routed : undefined;
      if (refusal !== undefined && isHttp2(request) && !request.stream.endAfterHeaders) {
        responder.sendAndClose(refusal);
        return;
      }
      if ('status' in routed || !this.#mayBeLong(routed.route)) this.#read(routed);
      else this.#ask(routed);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reads the body, and goes on with it. */
  #read(routed: Routed | Outgoing, isLong = false): void {
    const request = this.#request;
    const responder = this.#responder;
    const { bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS, holdBody } = this.#table.options;
    // On HTTP/1.1, a request refused by its head is still read within the same limits, so that the connection stays
    // usable.
    const refusal = 'status' in routed ? routed : undefined;
    const bodyBytesMax = 'status' in routed ? this.#table.refusedBytesMax : routed.route.bodyBytesMax;
    const packed = packing(request.headers['content-encoding']) === 'gzip';
    const bytesMax = packed ? packedBytesMax(bodyBytesMax) : bodyBytesMax;
    const hold =
      holdBody &&
      ((giveUp: () => void) => {
        const held = holdBody(isLong, giveUp);
        this.#response.once('close', () => held.free());
        return held;
      });
    readBody(
      request,
      { bytesMax, timeoutMs: bodyTimeoutMs, hold },
      (body) =>
        refusal === undefined ? this.#call(routed as Routed, body, packed) : responder.send(refusal),
      (fault) =>
        responder.sendAndClose(
          refusal ??
            this.#render(fault.kind === 'body_too_large' ? { ...fault, bytesMax: bodyBytesMax } : fault),
        ),
    );
  }

  #mayBeLong({ bodyBytesMax }: Route): boolean {
    const { longBodies } = this.#table.options;
    if (longBodies === undefined || bodyBytesMax <= longBodies.bodyBytesMax) return false;
    const length = this.#request.headers['content-length'];
    return !hasNoBody(this.#request) && !(Number(length) <= longBodies.bodyBytesMax);
  }

  /** Reads the body if the host wants it. */
  #ask(routed: Routed): void {
    const goOn = (wanted: boolean): void => {
      if (wanted) this.#read(routed, true);
      else {
        this.#responder.leavesBody();
        this.#call(routed, NO_BODY, false);
      }
    };
    const wanted = this.#table.options.longBodies!.mayBring(routed.route.binding.method, this.#request);
    if (wanted instanceof Promise) wanted.then(goOn).catch((error) => this.#fail(error));
    else goOn(wanted);
  }

  /** The route, or the answer if there is none. */
  #route(): Routed | Outgoing {
    const { path, query } = splitTarget(this.#request.url ?? '');
    const { tree, routes, cors } = this.#table;
    const { method = '' } = this.#request;
    let readings: RequestPath[];
    try {
      readings = readingsOf(path);
    } catch (error) {
      if (error instanceof MalformedRequest) return this.#render(error.fault);
      throw error;
    }
    const preflight = cors !== undefined && Cors.isPreflight(this.#request);
    if (!preflight) {
      for (const reading of readings) {
        const binding = tree.find(method, reading);
        if (binding !== undefined) return this.#accepted(routes.get(binding)!, reading, query);
      }
    }
    const methods = this.#methodsOf(readings);
    if (methods.length === 0) return this.#render({ kind: 'not_found', path });
    if (cors === undefined || method !== 'OPTIONS') {
      return this.#render({ kind: 'method_not_allowed', allow: methods });
    }
    return { status: 204, body: '', headers: cors.preflight(this.#request, methods) };
  }

  /** The HTTP methods that a path supports, sorted. */
  #methodsOf(readings: readonly RequestPath[]): string[] {
    const { tree, cors } = this.#table;
    const methods = new Set(readings.flatMap((reading) => [...tree.methods(reading)]));
    if (methods.delete(ANY_METHOD)) for (const method of everyMethod) methods.add(method);
    if (methods.has('GET')) methods.add('HEAD');
    if (methods.size > 0 && cors !== undefined) methods.add('OPTIONS');
    return [...methods].sort();
  }

  #accepted(route: Route, path: RequestPath, query: string): Routed | Outgoing {
    const { accept } = this.#request.headers;
    const routed = { route, path, query, format: undefined };
    if (route.rawResponse) return routed;
    if (route.streams) {
      const format = streamFormat(accept);
      return format === undefined
        ? this.#render({ kind: 'not_acceptable', offers: streamOffers })
        : { ...routed, format };
    }
    return weightOfType(accept, JSON_TYPE).quality > 0
      ? routed
      : this.#render({ kind: 'not_acceptable', offers: [JSON_TYPE] });
  }

  #call(routed: Routed, body: Buffer, packed: boolean): void {
    const { options } = this.#table;
    const request = this.#request;
    const { binding, bind, rawRequest, bodyBytesMax } = routed.route;
    const hasBody = binding.body !== undefined && body.length > 0;
    try {
      const unreadable = hasBody ? unreadableBody(request, rawRequest) : undefined;
      if (unreadable !== undefined) {
        this.#responder.send(this.#render(unreadable));
        return;
      }
      const call = new Call(binding.method, request, this.#response, () =>
        bind(
          routed.path,
          routed.query,
          hasBody && packed ? unpack(body, bodyBytesMax) : body,
          request.headers['content-type'],
        ),
      );
      const answer = options.handle(call);
      if (answer instanceof Promise) {
        answer.then((a) => this.#answer(routed, call, a)).catch((error) => this.#fail(error));
      } else this.#answer(routed, call, answer);
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer({ route, format }: Routed, call: Call, answer: TranscodedAnswer): void {
    if (answer.kind === 'error' || answer.kind === 'ready') {
      this.#responder.send(answer);
      return;
    }
    if ((answer.kind === 'stream') !== route.streams) {
      throw new Error(
        `${call.method.name} is ${call.method.methodKind}, so "${answer.kind}" is no answer to it`,
      );
    }
    if (answer.kind === 'message')
      this.#responder.send(this.#outgoing(route, answer.message, answer.headers));
    else {
      const table = this.#table;
      const request = this.#request;
      const response = this.#response;
      const responder = this.#responder;
      sendStream(
        { options: table.options, route, format, call, request, response, common: responder.common },
        answer,
        (error) => this.#failure(error),
      ).catch((error) => this.#fail(error));
    }
  }

  #outgoing(route: Route, message: Message, headers: Outgoing['headers']): Outgoing {
    if (route.rawResponse) return { status: 200, ...rawContent(route.raw(message)), headers };
    const json = this.#table.options.writer.success(route.encode(message), route.binding.method);
    return { status: 200, body: JSON.stringify(json), headers };
  }

  #fail(error: unknown): void {
    this.#responder.send(this.#failure(error));
  }

  #failure(error: unknown): ReadyAnswer {
    if (error instanceof RequestRefused) return this.#render(error.fault);
    try {
      return this.#table.options.onError(error, this.#request);
    } catch {
      return bareFailure;
    }
  }

  #render(fault: TranscodingFault): ReadyAnswer {
    try {
      const answer = this.#table.options.writer.fault(fault, this.#request);
      const required = requiredHeader(fault);
      return required === undefined ? answer : { ...answer, headers: { ...required, ...answer.headers } };
    } catch (error) {
      return this.#failure(error);
    }
  }
}

const JSON_TYPE = 'application/json';
const NO_BODY = Buffer.alloc(0);
const DEFAULT_BODY_TIMEOUT_MS = 30_000;

/** The methods reported for a route that takes every method. */
const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Headers that RFC 9110 requires with a status (sections 15.5.6 and 12.5.3), so that the host need not add them. */
function requiredHeader(fault: TranscodingFault): Record<string, string> | undefined {
  if (fault.kind === 'method_not_allowed') return { allow: fault.allow.join(', ') };
  return fault.kind === 'unsupported_media_type' && fault.contentEncoding !== undefined
    ? { 'accept-encoding': 'gzip' }
    : undefined;
}

function ignore(): void {}
