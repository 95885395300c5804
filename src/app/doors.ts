import type { Config } from '../config.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { CannotListen } from '../transport/failures/cannot-listen.js';
import { GrpcServer } from '../transport/grpc/server.js';
import { HttpDoor } from '../transport/http/door.js';
import { MetricsDoor } from '../transport/http/metrics-door.js';
import type { Calls } from './calls.js';

export interface Addresses {
  readonly addresses: { readonly httpUrl: string; readonly grpcAddress: string };
  /** Undefined: not on a port of its own. */
  readonly metricsUrl: string | undefined;
}

/** The ports: what callers, load balancers and scrapers reach. */
export interface Doors {
  readonly grpc: GrpcServer;
  readonly http: HttpDoor;
  readonly metrics: MetricsDoor | undefined;
}

export function createDoors(
  config: Config,
  logger: Logger,
  { calls, metrics, isReady }: { calls: Calls; metrics: Metrics; isReady: () => boolean },
): Doors {
  const { limits, tls, metricsPort } = config;
  const grpc = new GrpcServer({
    ...calls,
    streamStalledMs: limits.streamStalledMs,
    tls,
    reflection: config.reflection,
    messageBytesMax: limits.bodyBytesMax,
    messageTimeoutMs: limits.requestTimeoutMs,
    idleMs: limits.grpcIdleMs,
    connectionMaxAgeMs: limits.connectionMaxAgeMs,
  });
  const scrape = () => metrics.scrape();
  const onError = (err: unknown, requestId: string): void =>
    logger.error({ err, requestId }, 'a request failed');
  const connections = {
    keepAliveMs: limits.httpKeepAliveMs,
    maxAgeMs: limits.connectionMaxAgeMs,
    bodyTimeoutMs: limits.requestTimeoutMs,
    unreadMs: limits.streamStalledMs,
  };
  const http = new HttpDoor({
    ...calls,
    streamStalledMs: limits.streamStalledMs,
    streamHeartbeatMs: limits.streamHeartbeatMs,
    tls,
    connections,
    bodyBytesMax: limits.bodyBytesMax,
    docs: config.docs,
    corsOrigins: config.corsOrigins,
    isReady,
    metrics: config.metrics && metricsPort === undefined ? scrape : undefined,
    onError,
  });
  const metricsDoor =
    metricsPort === undefined ? undefined : new MetricsDoor({ tls, connections, scrape, onError });
  return { grpc, http, metrics: metricsDoor };
}

interface Listener {
  listen(host: string, port: number): Promise<number>;
}

/** Throws CannotListen; some may be open then. */
export async function openDoors(
  { host, tls, httpPort, grpcPort, metricsPort }: Config,
  { http, grpc, metrics }: Doors,
): Promise<Addresses> {
  const open = (name: ConstructorParameters<typeof CannotListen>[0], port: number, door: Listener) =>
    door.listen(host, port).catch((cause) => {
      throw new CannotListen(name, host, port, cause);
    });
  const opened = {
    http: await open('HTTP_PORT', httpPort, http),
    grpc: await open('GRPC_PORT', grpcPort, grpc),
    metrics: metrics && (await open('METRICS_PORT', metricsPort!, metrics)),
  };
  const shown = host.includes(':') ? `[${host}]` : host;
  const urlOf = (port: number): string => `${tls === undefined ? 'http' : 'https'}://${shown}:${port}`;
  return {
    addresses: { httpUrl: urlOf(opened.http), grpcAddress: `${shown}:${opened.grpc}` },
    metricsUrl: opened.metrics === undefined ? undefined : `${urlOf(opened.metrics)}/metrics`,
  };
}
