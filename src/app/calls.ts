import type { DataSource } from 'typeorm';
import { Authenticator } from '../auth/authenticator.js';
import { RateLimiter } from '../auth/rate-limiter.js';
import { createTokenVerifier, type IssuedTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Config } from '../config.js';
import type { Engine } from '../engine/engine.js';
import { resolveJwt } from '../jwt-secret.js';
import { HoldTtl } from '../service/hold-ttl.js';
import { MerchantAdmin } from '../service/merchant-admin.js';
import { MerchantSettings } from '../service/merchant-settings.js';
import { Orders } from '../service/orders.js';
import { Reads } from '../service/reads/reads.js';
import { Records } from '../service/records.js';
import { Reservations } from '../service/reservations.js';
import { Watches } from '../service/watch/watches.js';
import { findMerchantOfKey } from '../store/tables/api-keys.js';
import { findMerchant } from '../store/tables/merchants.js';
import { accessLog } from '../telemetry/access-log.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics/metrics.js';
import { batchExecuteOperation } from '../transport/dispatch/batch-execute.js';
import { Dispatcher } from '../transport/dispatch/dispatcher.js';
import { EarlyRefusals } from '../transport/dispatch/early-refusals.js';
import { MerchantLimits } from '../transport/dispatch/merchant-limits.js';
import { StreamDispatcher } from '../transport/dispatch/stream-dispatcher.js';
import { type CommandKinds, commandKinds } from '../transport/operations/command-kinds.js';
import { inventoryOperations } from '../transport/operations/index.js';
import { merchantOperations } from '../transport/operations/merchants.js';
import { watchOperations } from '../transport/operations/watch.js';
import { CallSpans } from './call-spans.js';
import type { Core } from './core.js';
import { dispatchObserver, streamObserver } from './observers.js';
import type { ReadPools } from './read-pools.js';

/** This may be short, since the caches of credentials answer most checks. */
const STREAM_CREDENTIALS_INTERVAL_MS = 1000;

/** Every RPC with its use case, and the dispatcher for them. All doors share these. */
export interface Calls {
  readonly dispatcher: Dispatcher;
  readonly earlyRefusals: EarlyRefusals;
  readonly operations: ReturnType<typeof inventoryOperations>;
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: ReturnType<typeof watchOperations>;
  /** What a stream of commands may carry. */
  readonly kinds: CommandKinds;
  /** Whether the keys of the tokens' issuer can be fetched; undefined: there is no issuer. */
  readonly issuerAnswers: (() => boolean) | undefined;
}

/** What calls need in order to be answered. */
export interface Means
  extends Pick<Core, 'dataSource' | 'changes' | 'tracing'>,
    Pick<ReadPools, 'readPool' | 'watchPool'> {
  readonly engine: Engine;
  readonly metrics: Metrics;
}

export function createCalls(config: Config, logger: Logger, means: Means): Calls {
  const { limits } = config;
  const { dataSource, engine, metrics, tracing, readPool, watchPool, changes } = means;
  const verifyToken = createVerifier(config, logger);
  const spans = new CallSpans(tracing);
  const authenticator = createAuthenticator(config, logger, dataSource, verifyToken);
  const rateLimiter = new RateLimiter(limits.merchantCallsPerSecondMax);
  const merchantLimits = new MerchantLimits(limits.merchantInFlightMax, rateLimiter, engine.load);
  const observed = { metrics, logger, spans, access: accessLog(logger, config.accessLog) };
  const observer = dispatchObserver(observed);
  const dispatcher = new Dispatcher({
    authenticator,
    limits: merchantLimits,
    requestTimeoutMs: limits.requestTimeoutMs,
    observer,
  });
  const holdTtl = new HoldTtl({
    findDefault: async (merchantId) => (await findMerchant(dataSource, merchantId))?.defaultTtlSeconds ?? 0,
    apiKeyCacheMs: limits.apiKeyCacheMs,
    credentialCacheMax: limits.credentialCacheMax,
  });
  const settings = new MerchantSettings(engine, holdTtl);
  const operations = inventoryOperations({
    reservations: new Reservations(engine, holdTtl),
    orders: new Orders(engine, holdTtl),
    records: new Records(engine),
    settings,
    reads: new Reads(readPool),
  });
  const kinds = commandKinds(operations);
  operations.push(batchExecuteOperation(dispatcher, kinds, engine));
  const streams = watchOperations(new Watches(watchPool, changes, limits.watchLookMs));
  const streamDispatcher = new StreamDispatcher({
    dispatcher,
    streamsMax: limits.streamsMax,
    merchantStreamsMax: limits.merchantStreamsMax,
    credentialsIntervalMs: STREAM_CREDENTIALS_INTERVAL_MS,
    observer: streamObserver(observed),
  });
  const { issuerAnswers } = verifyToken;
  const ofOperators = merchantOperations(
    new MerchantAdmin(dataSource, settings, (change) => logger.info(change, 'an operator changed something')),
  );
  return {
    dispatcher,
    earlyRefusals: new EarlyRefusals(authenticator, merchantLimits, observer),
    operations: [...operations, ...ofOperators],
    streamDispatcher,
    streams,
    kinds,
    issuerAnswers,
  };
}

function onRefusedBy(logger: Logger): (why: string) => void {
  return (why) => logger.debug({ why }, 'credentials are refused');
}

function createVerifier(config: Config, logger: Logger): IssuedTokenVerifier {
  return createTokenVerifier(resolveJwt(config), onRefusedBy(logger), {
    onDown: ({ message }) =>
      logger.warn(`${message}; tokens with known keys are still accepted, others must wait`),
    onBack: () => logger.info('the JWKS can be fetched again'),
  });
}

function createAuthenticator(
  { limits }: Config,
  logger: Logger,
  dataSource: DataSource,
  verifyToken: TokenVerifier,
): Authenticator {
  return new Authenticator({
    verifyToken,
    onRefused: onRefusedBy(logger),
    findMerchantOfKey: (hash) => findMerchantOfKey(dataSource, hash),
    apiKeyCacheMs: limits.apiKeyCacheMs,
    tokenCacheMs: limits.tokenCacheMs,
    credentialCacheMax: limits.credentialCacheMax,
  });
}
