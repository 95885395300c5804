import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TlsConfig } from '../../config.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { Cors, splitTarget, type Transcoder } from '../../transcoding/index.js';
import type { Dispatcher } from '../dispatcher.js';
import { restErrorBody } from '../errors.js';
import type { Operation } from '../operation.js';
import { REQUEST_ID_HEADER, saneRequestId } from '../request-id.js';
import type { StreamOperation } from '../stream.js';
import type { StreamDispatcher } from '../stream-dispatcher.js';
import { ConnectDoor } from './connect.js';
import { corsOptions, sharesWithOrigin } from './cors.js';
import { docsPage } from './docs-page.js';
import { grpcServiceConfigs } from './grpc-service-config.js';
import { HttpListener } from './listener.js';
import { openApiDocument } from './openapi.js';
import type { PathAnswer } from './request-listener.js';
import { bridgeFault, createRestDoor } from './rest.js';

export interface HttpDoorOptions {
  readonly dispatcher: Dispatcher;
  readonly operations: readonly Operation[];
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: readonly StreamOperation[];
  /** How long a caller may leave unread what a stream has sent. */
  readonly streamStalledMs: number;
  /** A stream over REST that has been silent for so long says that it is alive; 0: never. */
  readonly streamHeartbeatMs: number;
  readonly tls: TlsConfig | undefined;
  readonly bodyBytesMax: number;
  /** How long the body of a call may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** Whether the documentation is served. */
  readonly docs: boolean;
  /** Whose pages may call from a browser; `*`: everybody's. */
  readonly corsOrigins: readonly string[];
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly onError: (error: unknown, requestId: string) => void;
}

const REQUEST_ID = Symbol('request id');

interface Identified extends IncomingMessage {
  [REQUEST_ID]?: string;
}

/** The HTTP port: probes, metrics and documentation, then the Connect door's paths, then the REST bridge's. */
export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #listener: HttpListener;
  readonly #connect: ConnectDoor;
  readonly #rest: Transcoder;
  readonly #cors: Cors | undefined;
  /** Paths that need no credentials. */
  readonly #openPaths = new Map<string, (response: ServerResponse, request: IncomingMessage) => void>([
    ['/healthz', (response) => send(response, 200, { status: 'UP' })],
    [
      '/readyz',
      (response) => {
        const ready = this.#options.isReady();
        send(response, ready ? 200 : 503, { status: ready ? 'UP' : 'DOWN' });
      },
    ],
    ['/metrics', (response) => void this.#metrics(response)],
  ]);

  constructor(options: HttpDoorOptions) {
    const { dispatcher, operations, streamDispatcher, streams, bodyBytesMax, onError } = options;
    this.#options = options;
    this.#connect = new ConnectDoor({
      dispatcher,
      operations,
      streamDispatcher,
      streams,
      streamStalledMs: options.streamStalledMs,
      messageBytesMax: bodyBytesMax,
      messageTimeoutMs: options.bodyTimeoutMs,
    });
    const cors = corsOptions(options.corsOrigins);
    this.#cors = cors && new Cors(cors);
    this.#rest = createRestDoor({
      services: [InventoryService],
      dispatcher,
      operations,
      streamDispatcher,
      streams,
      streamStalledMs: options.streamStalledMs,
      streamHeartbeatMs: options.streamHeartbeatMs,
      bodyBytesMax,
      bodyTimeoutMs: options.bodyTimeoutMs,
      cors,
      onError,
      requestId: (request) => this.#requestId(request as IncomingMessage),
    });
    if (options.docs) this.#open(new Map([...docsPage(), ...openApiDocument(), ...grpcServiceConfigs()]));
    this.#listener = new HttpListener(options.tls, (request, response) => this.#route(request, response));
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return this.#listener.listen(host, port);
  }

  drain(): Promise<void> {
    return this.#listener.drain();
  }

  destroy(): void {
    this.#listener.destroy();
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const { path } = splitTarget(request.url ?? '');
    if (this.#connect.serves(path)) {
      if (this.#cors && sharesWithOrigin(this.#cors, request, response, ['POST'])) return;
      const requestId = this.#requestId(request);
      this.#connect.handle(path, request, response, requestId).catch((error) => {
        // The caller is gone, or the body was never finished: there is nobody to answer.
        response.destroy();
        if (!request.destroyed) this.#options.onError(error, requestId);
      });
      return;
    }
    const open = this.#openPaths.get(path);
    if (open === undefined) this.#rest.listener(request, response);
    else this.#answerOpen(open, request, response);
  }

  #open(answers: ReadonlyMap<string, PathAnswer>): void {
    for (const [path, answer] of answers) {
      this.#openPaths.set(path, (response, request) => {
        answer(request, response).catch((error) => {
          const requestId = this.#requestId(request);
          this.#options.onError(error, requestId);
          response
            .writeHead(500, { 'content-type': 'application/json' })
            .end(restErrorBody({ reason: 'INTERNAL' }, requestId));
        });
      });
    }
  }

  #answerOpen(
    answer: (response: ServerResponse, request: IncomingMessage) => void,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const requestId = this.#requestId(request);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    request.resume();
    if (this.#cors && sharesWithOrigin(this.#cors, request, response, ['GET', 'HEAD'])) return;
    if (request.method === 'GET' || request.method === 'HEAD') {
      answer(response, request);
      return;
    }
    const refusal = bridgeFault({ kind: 'method_not_allowed', allow: ['GET', 'HEAD'] }, requestId);
    response
      .writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers })
      .end(refusal.body);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { contentType, text } = await this.#options.metrics();
    response.writeHead(200, { 'content-type': contentType }).end(text);
  }

  #requestId(request: Identified): string {
    request[REQUEST_ID] ??= saneRequestId(headerText(request.headers[REQUEST_ID_HEADER])) ?? randomUUID();
    return request[REQUEST_ID];
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
