import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TlsConfig } from '../../config.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { Cors, splitTarget, type Transcoder } from '../../transcoding/index.js';
import type { Dispatcher } from '../dispatcher.js';
import { refuseRepeatedKey } from '../idempotency-key.js';
import type { Operation } from '../operation.js';
import { REQUEST_ID_HEADER, saneRequestId } from '../request-id.js';
import type { StreamOperation } from '../stream.js';
import type { StreamDispatcher } from '../stream-dispatcher.js';
import { ConnectDoor } from './connect.js';
import { corsOptions, sharesWithOrigin } from './cors.js';
import { docsPage } from './docs-page.js';
import { frontPage } from './front-page.js';
import { grpcServiceConfigs } from './grpc-service-config.js';
import { HttpListener } from './listener.js';
import { metricsPath, type Scrape } from './metrics-door.js';
import { OpenPaths } from './open-paths.js';
import { openApiDocument } from './openapi.js';
import { probes } from './probes.js';
import { createRestDoor } from './rest.js';

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
  /** Undefined: `/metrics` is not served here. */
  readonly metrics: Scrape | undefined;
  readonly onError: (error: unknown, requestId: string) => void;
}

const REQUEST_ID = Symbol('request id');

interface Identified extends IncomingMessage {
  [REQUEST_ID]?: string;
}

/** The HTTP port: the Connect door's paths, those that need no credentials, then the REST bridge's. */
export class HttpDoor {
  readonly #onError: HttpDoorOptions['onError'];
  readonly #listener: HttpListener;
  readonly #connect: ConnectDoor;
  readonly #rest: Transcoder;
  readonly #cors: Cors | undefined;
  readonly #openPaths: OpenPaths;

  constructor(options: HttpDoorOptions) {
    const { dispatcher, operations, streamDispatcher, streams, bodyBytesMax, onError } = options;
    this.#onError = onError;
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
    const { docs, metrics } = options;
    const openPaths = [
      ...frontPage(docs),
      ...probes(options.isReady),
      ...(metrics === undefined ? [] : metricsPath(metrics)),
      ...(docs ? [...docsPage(), ...openApiDocument(), ...grpcServiceConfigs()] : []),
    ];
    this.#openPaths = new OpenPaths(new Map(openPaths), { cors: this.#cors, onError });
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
    refuseRepeatedKey(request.headers, request.rawHeaders);
    if (this.#connect.serves(path)) {
      if (this.#cors && sharesWithOrigin(this.#cors, request, response, ['POST'])) return;
      const requestId = this.#requestId(request);
      this.#connect.handle(path, request, response, requestId).catch((error) => {
        // The caller is gone, or the body was never finished: there is nobody to answer.
        response.destroy();
        if (!request.destroyed) this.#onError(error, requestId);
      });
      return;
    }
    if (this.#openPaths.answer(path, request, response, () => this.#requestId(request))) return;
    this.#rest.listener(request, response);
  }

  #requestId(request: Identified): string {
    request[REQUEST_ID] ??= saneRequestId(headerText(request.headers[REQUEST_ID_HEADER])) ?? randomUUID();
    return request[REQUEST_ID];
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
