import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Certificates, TlsConfig } from '../../config.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { MerchantService } from '../../gen/merchants/v1/merchant_service_pb.js';
import { Cors, type HttpRequest, isHttp2, splitTarget, type Transcoder } from '../../transcoding/index.js';
import { refuseRepeatedKey } from '../dispatch/idempotency-key.js';
import type { DoorOptions } from '../door-options.js';
import { EXECUTE_PATH, ExecuteDoor } from '../execute/execute-door.js';
import { ConnectDoor } from './connect/connect.js';
import type { ConnectionBounds } from './connections/connection-bounds.js';
import { HttpListener } from './connections/listener.js';
import { corsOptions, sharesWithOrigin } from './cors.js';
import { docsPage } from './docs/docs-page.js';
import { errorsPage } from './docs/errors-page.js';
import { frontPage } from './docs/front-page.js';
import { grpcServiceConfigs } from './docs/grpc-service-config.js';
import { openApiDocument } from './docs/openapi.js';
import { hasLeft } from './has-left.js';
import { metricsPath, type Scrape } from './metrics-port.js';
import { OpenPaths } from './open-paths.js';
import { type ProbedStatus, probes } from './probes.js';
import { requestIdOf } from './request-id-of.js';
import { createRestDoor } from './rest/rest.js';

export interface HttpPortOptions extends DoorOptions {
  /** A REST stream sends a heartbeat after this much silence; 0: never. */
  readonly streamHeartbeatMs: number;
  readonly tls: TlsConfig | undefined;
  readonly connections: ConnectionBounds;
  /** Whether the documentation is served. */
  readonly docs: boolean;
  /** Origins whose pages may call from a browser; `*`: all. */
  readonly corsOrigins: readonly string[];
  readonly status: () => ProbedStatus;
  /** Undefined: this port does not serve `/metrics`. */
  readonly metrics: Scrape | undefined;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** The HTTP port: first the Connect door's paths, then those that need no credentials, then the REST door's. */
export class HttpPort {
  readonly #onError: HttpPortOptions['onError'];
  readonly #listener: HttpListener;
  readonly #connect: ConnectDoor;
  readonly #execute: ExecuteDoor;
  readonly #rest: Transcoder;
  readonly #cors: Cors | undefined;
  readonly #openPaths: OpenPaths;

  constructor(options: HttpPortOptions) {
    const { help, onError } = options;
    this.#onError = onError;
    this.#connect = new ConnectDoor(options);
    this.#execute = new ExecuteDoor(options);
    const cors = corsOptions(options.corsOrigins);
    this.#cors = cors && new Cors(cors);
    this.#rest = createRestDoor({
      ...options,
      services: [InventoryService, MerchantService],
      cors,
      requestId: (request) => requestIdOf(request as IncomingMessage),
    });
    const { docs, metrics } = options;
    const openPaths = [
      ...frontPage(docs),
      ...probes(options.status),
      ...(metrics === undefined ? [] : metricsPath(metrics)),
      ...(docs ? [...docsPage(), ...errorsPage(), ...openApiDocument(), ...grpcServiceConfigs()] : []),
    ];
    this.#openPaths = new OpenPaths(new Map(openPaths), { cors: this.#cors, help, onError });
    this.#listener = new HttpListener(
      { tls: options.tls, bounds: options.connections, help, isEndless: isExecute },
      (request, response) => this.#route(request, response),
    );
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return this.#listener.listen(host, port);
  }

  setCertificates(certificates: Certificates): void {
    this.#listener.setCertificates(certificates);
  }

  drain(): Promise<void> {
    this.#execute.drain();
    return this.#listener.drain();
  }

  destroy(): void {
    this.#listener.destroy();
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const { path } = splitTarget(request.url ?? '');
    refuseRepeatedKey(request.headers, request.rawHeaders);
    const sent: HttpRequest = request;
    if (path === EXECUTE_PATH && isHttp2(sent) && this.#execute.accept(sent.stream, sent.headers)) return;
    if (this.#connect.serves(path)) {
      if (this.#cors && sharesWithOrigin(this.#cors, request, response, ['POST'])) return;
      const requestId = requestIdOf(request);
      this.#connect.handle(path, request, response, requestId).catch((error) => {
        // Nobody is left to answer, and a caller that leaves is not an error.
        const left = hasLeft(request, response);
        response.destroy();
        if (!left) this.#onError(error, requestId);
      });
      return;
    }
    if (this.#openPaths.answer(path, request, response, () => requestIdOf(request))) return;
    this.#rest.listener(request, response);
  }
}

/** Its commands come for as long as its caller likes. */
function isExecute({ url, httpVersionMajor }: IncomingMessage): boolean {
  return httpVersionMajor === 2 && splitTarget(url ?? '').path === EXECUTE_PATH;
}
