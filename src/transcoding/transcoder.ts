import type { DescMethod, JsonValue, Message } from '@bufbuild/protobuf';
import { Exchange } from './exchange.js';
import type { HttpRequest, HttpResponse } from './http/http-message.js';
import type { TranscoderOptions } from './options.js';
import { createRouteTable } from './route-table.js';
import type { Binding } from './rules/http-rules.js';
import { readingsOf, splitTarget } from './rules/request-path.js';

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
  /** What the method's first binding answers with. @throws when the method has none. */
  encode(method: DescMethod, message: Message): JsonValue;
  /** Whether some binding has this path, regardless of its HTTP method. */
  matches(path: string): boolean;
}

/** @throws InvalidHttpRules when the services' rules contradict their messages or each other. */
export function createTranscoder(options: TranscoderOptions): Transcoder {
  const table = createRouteTable(options);
  return {
    routes: table.bindings.map(summary),
    encode: (method, message) => {
      const binding = table.bindings.find((one) => one.method === method);
      if (binding === undefined) throw new Error(`${method.name} has no route`);
      return table.routes.get(binding)!.encode(message);
    },
    listener: (request, response) => new Exchange(table, request, response).begin(),
    matches: (path) => {
      try {
        return readingsOf(splitTarget(path).path).some((reading) => table.tree.methods(reading).size > 0);
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
