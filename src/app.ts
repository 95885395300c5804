import type { DataSource } from 'typeorm';
import { Authenticator } from './auth/authenticator.js';
import { RateLimiter } from './auth/rate-limiter.js';
import { createTokenVerifier } from './auth/tokens.js';
import type { Config } from './config.js';
import { openDatabase } from './database.js';
import { createEngine, type Engine, type EngineObserver } from './engine/engine.js';
import { engineLimits } from './engine/engine-limits.js';
import { sweepExpiredHolds } from './engine/hold-sweep.js';
import { resolveJwt } from './jwt-secret.js';
import { HoldTtl } from './service/hold-ttl.js';
import { sweepAllImports } from './service/import-sweep.js';
import { sweepAllKeys } from './service/key-sweep.js';
import { Orders } from './service/orders.js';
import { Reads } from './service/reads/reads.js';
import { Records } from './service/records.js';
import { Reservations } from './service/reservations.js';
import { SettingsService } from './service/settings.js';
import { Sweeper } from './service/sweeper.js';
import { ChangeSignal } from './service/watch/change-signal.js';
import { Watches } from './service/watch/watches.js';
import { Readiness } from './store/connection/readiness.js';
import { ReadPool } from './store/reads/read-pool.js';
import { findMerchantOfKey } from './store/tables/api-keys.js';
import { findSettings } from './store/tables/settings.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import { inTime } from './timing/in-time.js';
import { Dispatcher, type DispatchObserver } from './transport/dispatch/dispatcher.js';
import { StreamDispatcher } from './transport/dispatch/stream-dispatcher.js';
import { CannotListen } from './transport/failures/cannot-listen.js';
import { GrpcServer } from './transport/grpc/server.js';
import { HttpDoor } from './transport/http/door.js';
import { MetricsDoor } from './transport/http/metrics-door.js';
import { inventoryOperations } from './transport/operations/index.js';
import { watchOperations } from './transport/operations/watch.js';
import { VERSION } from './version.js';

export interface App {
  readonly addresses: { readonly httpUrl: string; readonly grpcAddress: string };
  /** Undefined: not on a port of its own. */
  readonly metricsUrl: string | undefined;
  readonly dataSource: DataSource;
  /** Finishes what was accepted, within the shutdown timeout, then lets go of everything. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly logger?: Logger;
  /** In place of the real one: a benchmark's no-op, a test's fault. */
  readonly engine?: Engine;
  /**
   * What the start promises beside open ports: the service is not ready before this is done. What it returns runs in
   * the very turn in which the service becomes ready, so that who hears of one may count on the other.
   */
  readonly prepare?: (started: Omit<App, 'close'>) => Promise<() => void>;
}

const READINESS_INTERVAL_MS = 1000;
const READINESS_TIMEOUT_MS = 2000;
const KEY_SWEEP_INTERVAL_MS = 60_000;
const IMPORT_SWEEP_INTERVAL_MS = 600_000;
const HOLD_SWEEP_INTERVAL_MS = 1000;
/** Most looks are answered by the caches of credentials, which forget within their own limits. */
const STREAM_CREDENTIALS_INTERVAL_MS = 1000;
/** However many watches there are, they leave connections to the other reads. */
const WATCH_READS_MAX = 2;

/** Constructs the service, the only place that does, and listens. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const { limits } = config;
  const database = await openDatabase(config, logger);
  const { dataSource } = database;
  const readSource = await database.openReads();
  const readPool = new ReadPool(readSource, {
    connectionsMax: limits.readPoolConnectionsMax,
    waitingMax: limits.readsWaitingMax,
  });
  const watchPool = new ReadPool(readSource, {
    connectionsMax: Math.min(WATCH_READS_MAX, limits.readPoolConnectionsMax),
    waitingMax: limits.streamsMax,
  });
  if (database.migrations.length > 0) logger.info({ migrations: database.migrations }, 'schema migrated');

  let queued = () => 0;
  const metrics = new Metrics(VERSION, () => queued());
  const channel = database.openChanges((merchantId) => changes.wake(merchantId));
  const changes = new ChangeSignal(channel);
  const ownEngine = createEngine(dataSource, {
    batchScope: config.batchScope,
    observer: engineObserver(metrics, logger, changes),
    limits: engineLimits(limits),
  });
  queued = () => ownEngine.queued;
  const engine = overrides.engine ?? ownEngine;

  const onRefused = (why: string): void => logger.debug({ why }, 'credentials are refused');
  const dispatcher = new Dispatcher({
    authenticator: new Authenticator({
      verifyToken: createTokenVerifier(resolveJwt(config), onRefused, {
        onDown: ({ message }) => logger.warn(`${message}; known keys go on, others must wait`),
        onBack: () => logger.info('the JWKS is fetched again'),
      }),
      onRefused,
      findMerchantOfKey: (hash) => findMerchantOfKey(dataSource, hash),
      apiKeyCacheMs: limits.apiKeyCacheMs,
      tokenCacheMs: limits.tokenCacheMs,
      cacheMax: limits.credentialCacheMax,
    }),
    rateLimiter: new RateLimiter(limits.merchantCallsPerSecondMax),
    requestTimeoutMs: limits.requestTimeoutMs,
    observer: dispatchObserver(metrics, logger),
  });
  const holdTtl = new HoldTtl({
    findDefault: async (merchantId) => (await findSettings(dataSource, merchantId))?.defaultTtlSeconds ?? 0,
    cacheMs: limits.apiKeyCacheMs,
    cacheMax: limits.credentialCacheMax,
  });
  const operations = inventoryOperations({
    reservations: new Reservations(engine, holdTtl),
    orders: new Orders(engine, holdTtl),
    records: new Records(engine),
    settings: new SettingsService(engine, holdTtl),
    reads: new Reads(readPool),
  });
  const streams = watchOperations(new Watches(watchPool, changes, limits.watchLookMs));
  const streamDispatcher = new StreamDispatcher({
    dispatcher,
    streamsMax: limits.streamsMax,
    merchantStreamsMax: limits.merchantStreamsMax,
    credentialsIntervalMs: STREAM_CREDENTIALS_INTERVAL_MS,
    observer: {
      refused: ({ method }, { reason }, requestId) => {
        metrics.streamRefused(method.name, reason);
        logRefusal(logger, method, reason, requestId);
      },
      opened: ({ method }) => metrics.streamOpened(method.name),
      ended: ({ method }, failure) => metrics.streamEnded(method.name, failure?.reason ?? 'OK'),
    },
  });
  const { tls, host } = config;
  const grpc = new GrpcServer({
    dispatcher,
    operations,
    streamDispatcher,
    streams,
    streamStalledMs: limits.streamStalledMs,
    tls,
    reflection: config.reflection,
    messageBytesMax: limits.bodyBytesMax,
    messageTimeoutMs: limits.requestTimeoutMs,
    idleMs: limits.grpcIdleMs,
    connectionMaxAgeMs: limits.connectionMaxAgeMs,
  });
  const readiness = new Readiness(dataSource, {
    intervalMs: READINESS_INTERVAL_MS,
    timeoutMs: READINESS_TIMEOUT_MS,
    onChange: (ready) => {
      grpc.setServing(ready);
      logger.info({ ready }, ready ? 'ready' : 'not ready');
    },
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
    dispatcher,
    operations,
    streamDispatcher,
    streams,
    streamStalledMs: limits.streamStalledMs,
    streamHeartbeatMs: limits.streamHeartbeatMs,
    tls,
    connections,
    bodyBytesMax: limits.bodyBytesMax,
    docs: config.docs,
    corsOrigins: config.corsOrigins,
    isReady: () => readiness.ready,
    metrics: config.metrics && config.metricsPort === undefined ? scrape : undefined,
    onError,
  });
  const metricsDoor =
    config.metricsPort === undefined ? undefined : new MetricsDoor({ tls, connections, scrape, onError });
  const sweepers = [
    new Sweeper({
      intervalMs: KEY_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => sweepAllKeys(dataSource, isStopped),
      onError: (err) => logger.warn({ err }, 'old idempotency keys could not be removed'),
    }),
    new Sweeper({
      intervalMs: IMPORT_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => sweepAllImports(dataSource, isStopped),
      onError: (err) => logger.warn({ err }, 'old imports could not be forgotten'),
    }),
    new Sweeper({
      intervalMs: HOLD_SWEEP_INTERVAL_MS,
      sweep: (isStopped) =>
        sweepExpiredHolds(dataSource, isStopped, (merchantId) => changes.changed(merchantId)),
      onError: (err) => logger.warn({ err }, 'expired holds could not be tidied'),
    }),
  ];

  const close = async (): Promise<void> => {
    readiness.stop();
    streamDispatcher.endAll();
    const drained = Promise.all([grpc.drain(), http.drain(), metricsDoor?.drain()])
      // A call that its caller has given up on is the engine's only, and is carried through too.
      .then(() => Promise.all([engine.drain(), ...sweepers.map((sweeper) => sweeper.stop())]))
      // Kept-alive connections may have brought another call meanwhile, whose answer is not written yet.
      .then(() => http.drain());
    await inTime(limits.shutdownTimeoutMs, drained, () =>
      logger.warn('the shutdown timeout passed with calls still in progress'),
    );
    grpc.destroy();
    http.destroy();
    metricsDoor?.destroy();
    changes.close();
    // Reads whose callers have gone would find the database gone too. None takes longer than its statement may.
    await Promise.all([readPool.close(), watchPool.close()]);
    await database.close();
  };

  try {
    const httpPort = await http.listen(host, config.httpPort).catch((cause) => {
      throw new CannotListen('HTTP_PORT', host, config.httpPort, cause);
    });
    const grpcPort = await grpc.listen(host, config.grpcPort).catch((cause) => {
      throw new CannotListen('GRPC_PORT', host, config.grpcPort, cause);
    });
    const metricsPort = await metricsDoor?.listen(host, config.metricsPort!).catch((cause) => {
      throw new CannotListen('METRICS_PORT', host, config.metricsPort!, cause);
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    const urlOf = (port: number): string => `${tls === undefined ? 'http' : 'https'}://${shown}:${port}`;
    const addresses = { httpUrl: urlOf(httpPort), grpcAddress: `${shown}:${grpcPort}` };
    const metricsUrl = metricsPort === undefined ? undefined : `${urlOf(metricsPort)}/metrics`;
    logger.info({ ...addresses, metricsUrl }, 'listening');
    const started = { addresses, metricsUrl, dataSource };
    const announce = await overrides.prepare?.(started);
    await readiness.start(announce);
    for (const sweeper of sweepers) sweeper.start();
    return { ...started, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function engineObserver(metrics: Metrics, logger: Logger, changes: ChangeSignal): EngineObserver {
  // A batch that fails gives each of its callers the same error: it is worth one line.
  const told = new WeakSet<object>();
  return {
    batch: (commands) => metrics.batch(commands),
    retry: (err) => {
      metrics.retried();
      logger.debug({ err }, 'a transaction is tried again');
    },
    changed: (merchantId) => changes.changed(merchantId),
    failed: (err) => {
      if (typeof err !== 'object' || err === null || told.has(err)) return;
      told.add(err);
      logger.error({ err }, 'a transaction failed');
    },
  };
}

function dispatchObserver(metrics: Metrics, logger: Logger): DispatchObserver {
  return {
    replied: ({ method }, reply, durationMs, requestId) => {
      metrics.called(method.name, reply.ok ? 'OK' : reply.failure.reason, durationMs);
      if (!reply.ok) logRefusal(logger, method, reply.failure.reason, requestId);
    },
    crashed: (err, { method }, requestId) => {
      logger.error({ err, rpc: method.name, requestId }, 'a call failed');
    },
  };
}

function logRefusal(logger: Logger, rpc: { name: string }, reason: string, requestId: string): void {
  logger.debug({ rpc: rpc.name, reason, requestId }, 'a call is refused');
}
