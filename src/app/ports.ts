import type { Config } from '../config.js';
import type { Logger } from '../telemetry/logger.js';
import { BodyRoom } from '../transport/body-room.js';
import type { DoorOptions } from '../transport/door-options.js';
import { CannotListen } from '../transport/failures/cannot-listen.js';
import { HelpLinks } from '../transport/failures/help-links.js';
import { GrpcPort } from '../transport/grpc/port.js';
import { MetricsPort, type Scrape } from '../transport/http/metrics-port.js';
import { HttpPort } from '../transport/http/port.js';
import type { Calls } from './calls.js';
import type { Status } from './readiness.js';

export interface Addresses {
  readonly addresses: { readonly httpUrl: string; readonly grpcAddress: string };
  /** Undefined: no separate port. */
  readonly metricsUrl: string | undefined;
}

/** The ports for callers, load balancers and scrapers. */
export interface Ports {
  readonly grpc: GrpcPort;
  readonly http: HttpPort;
  readonly metrics: MetricsPort | undefined;
  /** The links in failures of both ports. */
  readonly help: HelpLinks;
}

export interface PortsMeans {
  readonly calls: Calls;
  /** What `/metrics` shows. */
  readonly scrape: Scrape;
  readonly status: () => Status;
}

export function createPorts(config: Config, logger: Logger, { calls, scrape, status }: PortsMeans): Ports {
  const { limits, tls, metricsPort } = config;
  const help = new HelpLinks(config.docs ? (config.publicUrl ?? '') : undefined);
  if (config.docs && config.everywhere && config.publicUrl === undefined) {
    logger.info('PUBLIC_URL is not set: errors over gRPC and Connect have no link to their documentation');
  }
  const doors: DoorOptions = {
    ...calls,
    help,
    streamStalledMs: limits.streamStalledMs,
    bodyBytesMax: limits.bodyBytesMax,
    batchBodyBytesMax: limits.batchBodyBytesMax,
    bodyRoom: new BodyRoom(limits.bodiesBytesMax),
    streamCommandsMax: limits.streamCommandsMax,
    requestTimeoutMs: limits.requestTimeoutMs,
  };
  const grpc = new GrpcPort({
    ...doors,
    tls,
    reflection: config.reflection,
    grpcIdleMs: limits.grpcIdleMs,
    connectionMaxAgeMs: limits.connectionMaxAgeMs,
  });
  const onError = (err: unknown, requestId: string): void =>
    logger.error({ err, requestId }, 'a request failed');
  const connections = {
    httpKeepAliveMs: limits.httpKeepAliveMs,
    connectionMaxAgeMs: limits.connectionMaxAgeMs,
    requestTimeoutMs: limits.requestTimeoutMs,
    streamStalledMs: limits.streamStalledMs,
  };
  const http = new HttpPort({
    ...doors,
    streamHeartbeatMs: limits.streamHeartbeatMs,
    tls,
    connections,
    docs: config.docs,
    corsOrigins: config.corsOrigins,
    status,
    metrics: config.metrics && metricsPort === undefined ? scrape : undefined,
    onError,
  });
  const ownMetrics =
    metricsPort === undefined ? undefined : new MetricsPort({ tls, connections, scrape, onError });
  return { grpc, http, metrics: ownMetrics, help };
}

/** Throws CannotListen; some ports may be open then. */
export async function openPorts(
  { host, everywhere, tls, docs, publicUrl, httpPort, grpcPort, metricsPort }: Config,
  { http, grpc, metrics, help }: Ports,
): Promise<Addresses> {
  const open = (
    name: ConstructorParameters<typeof CannotListen>[0],
    number: number,
    port: Pick<HttpPort, 'listen'>,
  ) =>
    port.listen(host, number).catch((cause) => {
      throw new CannotListen(name, host, number, cause);
    });
  const shown = host.includes(':') ? `[${host}]` : host;
  const urlOf = (port: number): string => `${tls === undefined ? 'http' : 'https'}://${shown}:${port}`;
  const httpUrl = urlOf(await open('HTTP_PORT', httpPort, http));
  // The links in failures of both ports lead to this one.
  if (docs && publicUrl === undefined && !everywhere) help.leadTo(httpUrl);
  const opened = {
    grpc: await open('GRPC_PORT', grpcPort, grpc),
    metrics: metrics && (await open('METRICS_PORT', metricsPort!, metrics)),
  };
  return {
    addresses: { httpUrl, grpcAddress: `${shown}:${opened.grpc}` },
    metricsUrl: opened.metrics === undefined ? undefined : `${urlOf(opened.metrics)}/metrics`,
  };
}
