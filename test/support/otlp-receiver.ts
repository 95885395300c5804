import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A span as OTLP's JSON has it. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Attributes;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  readonly status: { readonly code?: number; readonly message?: string };
  /** Of the process that sent it. */
  readonly resource: Attributes;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Takes the place of a collector of traces: receives OTLP over HTTP. */
export class OtlpReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** The spans of the requests that came as JSON. */
  readonly spans: ReceivedSpan[] = [];
  /** The status that it answers with. */
  status = 200;
  readonly #server: Server;
  #onArrival = (): void => {};

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await buffer(request);
      this.requests.push({ path: request.url!, headers: request.headers, body });
      if (request.headers['content-type'] === 'application/json') this.spans.push(...spansOf(body));
      response.writeHead(this.status, { 'content-type': request.headers['content-type'] }).end();
      this.#onArrival();
    });
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when this many requests have come. */
  async received(requests: number): Promise<void> {
    while (this.requests.length < requests) {
      await new Promise<void>((resolve) => {
        this.#onArrival = resolve;
      });
    }
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
type List = readonly { key: string; value: Value }[];
type SentSpan = Omit<ReceivedSpan, 'attributes' | 'links' | 'resource'> & {
  attributes?: List;
  links?: readonly { traceId: string; spanId: string; attributes?: List }[];
};
interface SentSpans {
  resourceSpans: { resource: { attributes: List }; scopeSpans: { spans: SentSpan[] }[] }[];
}

function spansOf(body: Buffer): ReceivedSpan[] {
  const { resourceSpans }: SentSpans = JSON.parse(body.toString());
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map((link) => ({ ...link, attributes: attributesOf(link.attributes) })),
        resource: attributesOf(resource.attributes),
      })),
    ),
  );
}

function attributesOf(list: List = []): Attributes {
  const entries = list.map(({ key, value }): [string, string | number | boolean] => {
    const { stringValue, intValue, doubleValue, boolValue } = value;
    return [key, stringValue ?? doubleValue ?? boolValue ?? Number(intValue)];
  });
  return Object.fromEntries(entries);
}
