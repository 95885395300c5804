import type { DescMethod, DescService, JsonValue, Message } from '@bufbuild/protobuf';
import { type RequestBinder, requestBinder } from './bind-request.js';
import { MalformedRequest, type TranscodingFault } from './faults.js';
import { type Headers, type HttpRequest, type HttpResponse, isHttp2 } from './http-message.js';
import { type Binding, readHttpRules } from './http-rules.js';
import { JsonCodec } from './json-codec.js';
import { unreadableAsJson } from './media-type.js';
import { readBody } from './read-body.js';
import { type RequestPath, readingsOf, splitTarget } from './request-path.js';
import { respond, respondAndClose } from './respond.js';
import type { RouteTree } from './route-tree.js';

/** One call as the bridge sees it, its body read and its route found, but nothing decoded. */
export interface TranscodedCall {
  readonly method: DescMethod;
  readonly request: HttpRequest;
  /**
   * Builds the request message from path, query and body. Lazy, so that the host can refuse credentials before
   * it looks at the payload.
   *
   * @throws MalformedRequest, which the host may let pass: the bridge answers it through the writer.
   */
  bind(): Message;
}

export type TranscodedAnswer =
  | { readonly kind: 'message'; readonly message: Message; readonly headers?: Headers }
  | ({ readonly kind: 'error' } & ReadyAnswer);

/** An answer that the host has rendered; `body` is JSON text. */
export interface ReadyAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Headers;
}

/** How the host wraps successes and renders what the bridge refuses. */
export interface BodyWriter {
  success(json: JsonValue, method: DescMethod): JsonValue;
  fault(fault: TranscodingFault, request: HttpRequest): ReadyAnswer;
}

export interface TranscoderOptions {
  readonly services: readonly DescService[];
  /** The largest request body, in bytes. */
  readonly bodyBytesMax: number;
  readonly writer: BodyWriter;
  /** May answer at once or by a promise; answering at once is cheaper. */
  handle(call: TranscodedCall): TranscodedAnswer | Promise<TranscodedAnswer>;
  /** Renders what `handle` threw, or a response message that has no JSON. */
  onError(error: unknown, request: HttpRequest): ReadyAnswer;
  /** Headers of every response, such as a request id. */
  responseHeaders?(request: HttpRequest): Headers;
}

export interface RouteSummary {
  /** HTTP method, or `*` for all. */
  readonly method: string;
  readonly template: string;
  /** `package.Service.Method` */
  readonly rpc: string;
  /** As in the rule: `*`, a field, or empty. */
  readonly body: string;
  readonly responseBody: string;
}

export interface Transcoder {
  readonly routes: readonly RouteSummary[];
  /** For `node:http` and `node:http2`. Never throws. */
  listener(request: HttpRequest, response: HttpResponse): void;
  /** Whether some binding has this path, whatever its HTTP method. */
  matches(path: string): boolean;
}

/** @throws InvalidHttpRules when the services' rules contradict their messages or each other. */
export function createTranscoder(options: TranscoderOptions): Transcoder {
  const { bindings, tree } = readHttpRules(options.services);
  const codec = new JsonCodec(options.services);
  const binders = new Map(bindings.map((b) => [b, requestBinder(b, codec)]));
  const bridge: Bridge = { options, tree, codec, binders };
  return {
    routes: bindings.map(summary),
    listener: (request, response) => new Exchange(bridge, request, response).begin(),
    matches: (path) => {
      try {
        return readingsOf(splitTarget(path).path).some((reading) => tree.methods(reading).size > 0);
      } catch {
        return false;
      }
    },
  };
}

function summary({ method, httpMethod, template, body, responseBody }: Binding): RouteSummary {
  return {
    method: httpMethod,
    template: template.source,
    rpc: `${method.parent.typeName}.${method.name}`,
    body: typeof body === 'object' ? body.name : (body ?? ''),
    responseBody: responseBody?.name ?? '',
  };
}

interface Bridge {
  readonly options: TranscoderOptions;
  readonly tree: RouteTree<Binding>;
  readonly codec: JsonCodec;
  readonly binders: ReadonlyMap<Binding, RequestBinder>;
}

/** What was sent, once its route is known. */
interface Routed {
  readonly binding: Binding;
  readonly path: RequestPath;
  readonly query: string;
}

/**
 * One request and its response: route → read the body → handle → respond. Exactly one response is sent, and
 * whatever is thrown on the way becomes one.
 */
class Exchange {
  /** Headers of the response, asked for once. */
  private common: Headers | undefined;

  constructor(
    private readonly bridge: Bridge,
    private readonly request: HttpRequest,
    private readonly response: HttpResponse,
  ) {}

  begin(): void {
    // A client that resets its stream is nobody's error; on HTTP/1.1, nothing is emitted unless somebody listens.
    if (isHttp2(this.request)) {
      this.request.on('error', ignore);
      this.response.on('error', ignore);
    }
    try {
      this.common = this.bridge.options.responseHeaders?.(this.request);
      const routed = this.route();
      // What is refused by its path is read within the same bound, so that the connection stays usable.
      const refusal = 'kind' in routed ? this.render(routed) : undefined;
      const { bodyBytesMax } = this.bridge.options;
      readBody(
        this.request,
        bodyBytesMax,
        (body) => (refusal === undefined ? this.call(routed as Routed, body) : this.send(refusal)),
        () => this.sendAndClose(refusal ?? this.render({ kind: 'body_too_large', bytesMax: bodyBytesMax })),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  private route(): Routed | TranscodingFault {
    const { path, query } = splitTarget(this.request.url ?? '');
    const { tree } = this.bridge;
    let readings: RequestPath[];
    try {
      readings = readingsOf(path);
    } catch (error) {
      if (error instanceof MalformedRequest) return error.fault;
      throw error;
    }
    for (const reading of readings) {
      const binding = tree.find(this.request.method ?? '', reading);
      if (binding !== undefined) return { binding, path: reading, query };
    }
    const methods = new Set(readings.flatMap((reading) => [...tree.methods(reading)]));
    return methods.size === 0
      ? { kind: 'not_found', path }
      : { kind: 'method_not_allowed', allow: [...methods].sort() };
  }

  private call(routed: Routed, body: Buffer): void {
    const { options, binders } = this.bridge;
    const { binding, path, query } = routed;
    try {
      const unreadable =
        binding.body === undefined || body.length === 0 ? undefined : unreadableAsJson(this.request);
      if (unreadable !== undefined) {
        this.send(this.render(unreadable));
        return;
      }
      const bind = binders.get(binding) as RequestBinder;
      const answer = options.handle({
        method: binding.method,
        request: this.request,
        bind: () => bind(path, query, body),
      });
      if (answer instanceof Promise) {
        answer.then((a) => this.answer(binding, a)).catch((error) => this.fail(error));
      } else this.answer(binding, answer);
    } catch (error) {
      this.fail(error);
    }
  }

  private answer({ method, responseBody }: Binding, answer: TranscodedAnswer): void {
    if (answer.kind === 'error') {
      this.send(answer);
      return;
    }
    const { codec, options } = this.bridge;
    const json =
      responseBody === undefined
        ? codec.encode(method.output, answer.message)
        : codec.encodeField(method.output, answer.message, responseBody);
    const body = JSON.stringify(options.writer.success(json, method));
    respond(this.response, 200, body, this.common, answer.headers);
  }

  private render(fault: TranscodingFault): ReadyAnswer {
    try {
      const answer = this.bridge.options.writer.fault(fault, this.request);
      return fault.kind === 'method_not_allowed' ? withAllow(answer, fault.allow) : answer;
    } catch (error) {
      return this.renderError(error);
    }
  }

  private renderError(error: unknown): ReadyAnswer {
    try {
      return this.bridge.options.onError(error, this.request);
    } catch {
      return bareFailure;
    }
  }

  private send({ status, body, headers }: ReadyAnswer): void {
    try {
      respond(this.response, status, body, this.common, headers);
    } catch {
      this.sendBareFailure();
    }
  }

  private sendAndClose({ status, body, headers }: ReadyAnswer): void {
    try {
      respondAndClose(this.request, this.response, status, body, this.common, headers);
    } catch {
      this.sendBareFailure();
    }
  }

  private fail(error: unknown): void {
    this.send(error instanceof MalformedRequest ? this.render(error.fault) : this.renderError(error));
  }

  /** The host's headers cannot be sent; all that is left is a status, if even that. */
  private sendBareFailure(): void {
    if (this.response.headersSent) this.response.destroy();
    else respond(this.response, bareFailure.status, bareFailure.body, undefined, undefined);
  }
}

/** When the host's own renderer fails. */
const bareFailure: ReadyAnswer = { status: 500, body: '{}' };

/** RFC 9110 section 15.5.6 requires the header, so the host need not think of it. */
function withAllow(answer: ReadyAnswer, allow: readonly string[]): ReadyAnswer {
  return { ...answer, headers: { allow: allow.join(', '), ...answer.headers } };
}

function ignore(): void {}
