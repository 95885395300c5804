import { Authenticator } from '../auth/authenticator.js';
import { RateLimiter } from '../auth/rate-limiter.js';
import { createTokenVerifier } from '../auth/tokens.js';
import type { Config } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { HoldTtl } from '../service/hold-ttl.js';
import { MerchantSettings } from '../service/merchant-settings.js';
import { Orders } from '../service/orders.js';
import { Reads } from '../service/reads/reads.js';
import { Records } from '../service/records.js';
import { Reservations } from '../service/reservations.js';
import { Watches } from '../service/watch/watches.js';
import { findMerchantOfKey } from '../store/tables/api-keys.js';
import { findMerchant } from '../store/tables/merchants.js';
import type { Logger } from '../telemetry/logger.js';
import { Dispatcher } from '../transport/dispatch/dispatcher.js';
import { StreamDispatcher } from '../transport/dispatch/stream-dispatcher.js';
import { inventoryOperations } from '../transport/operations/index.js';
import { watchOperations } from '../transport/operations/watch.js';
import type { Core } from './core.js';
import { dispatchObserver, streamObserver } from './observers.js';

/** The credential caches, which have their own limits, answer most checks. */
const STREAM_CREDENTIALS_INTERVAL_MS = 1000;

/** Every RPC with its use case, and the dispatcher for them: the same for all doors. */
export interface Calls {
  readonly dispatcher: Dispatcher;
  readonly operations: ReturnType<typeof inventoryOperations>;
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: ReturnType<typeof watchOperations>;
}

export function createCalls(config: Config, logger: Logger, core: Core): Calls {
  const { limits } = config;
  const { dataSource, engine, metrics } = core;
  const dispatcher = new Dispatcher({
    authenticator: createAuthenticator(config, logger, core),
    rateLimiter: new RateLimiter(limits.merchantCallsPerSecondMax),
    merchantInFlightMax: limits.merchantInFlightMax,
    requestTimeoutMs: limits.requestTimeoutMs,
    observer: dispatchObserver(metrics, logger),
  });
  const holdTtl = new HoldTtl({
    findDefault: async (merchantId) => (await findMerchant(dataSource, merchantId))?.defaultTtlSeconds ?? 0,
    apiKeyCacheMs: limits.apiKeyCacheMs,
    credentialCacheMax: limits.credentialCacheMax,
  });
  const operations = inventoryOperations({
    reservations: new Reservations(engine, holdTtl),
    orders: new Orders(engine, holdTtl),
    records: new Records(engine),
    settings: new MerchantSettings(engine, holdTtl),
    reads: new Reads(core.readPool),
  });
  const streams = watchOperations(new Watches(core.watchPool, core.changes, limits.watchLookMs));
  const streamDispatcher = new StreamDispatcher({
    dispatcher,
    streamsMax: limits.streamsMax,
    merchantStreamsMax: limits.merchantStreamsMax,
    credentialsIntervalMs: STREAM_CREDENTIALS_INTERVAL_MS,
    observer: streamObserver(metrics, logger),
  });
  return { dispatcher, operations, streamDispatcher, streams };
}

function createAuthenticator(config: Config, logger: Logger, { dataSource }: Core): Authenticator {
  const { limits } = config;
  const onRefused = (why: string): void => logger.debug({ why }, 'credentials are refused');
  return new Authenticator({
    verifyToken: createTokenVerifier(resolveJwt(config), onRefused, {
      onDown: ({ message }) =>
        logger.warn(`${message}; tokens with known keys are still accepted, others must wait`),
      onBack: () => logger.info('the JWKS can be fetched again'),
    }),
    onRefused,
    findMerchantOfKey: (hash) => findMerchantOfKey(dataSource, hash),
    apiKeyCacheMs: limits.apiKeyCacheMs,
    tokenCacheMs: limits.tokenCacheMs,
    credentialCacheMax: limits.credentialCacheMax,
  });
}
