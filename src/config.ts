import { resolve } from 'node:path';
import { type DatabaseUrls, readDatabaseUrls } from './database-url.js';
import { type Environment, EnvironmentReader } from './environment.js';
import { type JwtConfig, readJwt } from './jwt-config.js';
import { isAnyAddress, isLoopback } from './loopback.js';
import { type OtelConfig, readOtel } from './otel-config.js';

/** Everything that can be configured from outside, checked once, then frozen. Names carry their units. */
export interface Config extends DatabaseUrls {
  readonly host: string;
  /** Other machines can reach the ports. */
  readonly exposed: boolean;
  /** The ports listen on all addresses, so that none of them is known to be the one that callers reach. */
  readonly everywhere: boolean;
  /** 0 picks a free port. */
  readonly httpPort: number;
  /** 0 picks a free port. */
  readonly grpcPort: number;
  /** Processes that serve the ports; 1: the one that also has the engine. */
  readonly workers: number;
  /** A separate port for `/metrics`, which the HTTP port then does not serve. 0 picks a free one. */
  readonly metricsPort: number | undefined;
  readonly metrics: boolean;
  /** Absolute. */
  readonly dataDir: string;
  readonly jwt: JwtConfig;
  readonly tls: TlsConfig | undefined;
  readonly logLevel: LogLevel;
  readonly otel: OtelConfig;
  /** Which calls have a line of their own in the log. */
  readonly accessLog: AccessLog;
  /** A demo merchant with a key and a token, on the embedded database. Default: on loopback only. */
  readonly demo: boolean;
  /** gRPC server reflection. */
  readonly reflection: boolean;
  /** The documentation on the HTTP port: the page and the OpenAPI document that it shows. */
  readonly docs: boolean;
  /** Where callers reach the HTTP port, as links of failures have it; without a slash at the end. */
  readonly publicUrl: string | undefined;
  /** Origins whose pages may call from a browser: `https://shop.example`, …, or `*` for all. */
  readonly corsOrigins: readonly string[];
  readonly limits: Limits;
  /** `merchant` keeps each transaction on one merchant's rows, for tables sharded by merchant. */
  readonly batchScope: 'any' | 'merchant';
}

export interface TlsConfig extends Certificates {
  readonly files: Readonly<Record<keyof Certificates, string | undefined>>;
}

export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** If given, clients must present a certificate signed by it. */
  readonly clientCa: Buffer | undefined;
}

export type LogLevel = (typeof logLevels)[number];
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type AccessLog = (typeof accessLogs)[number];
const accessLogs = ['off', 'all', 'errors', 'sampled'] as const;

export interface Limits {
  /** Limit for a request body and for a gRPC message. */
  readonly bodyBytesMax: number;
  /** The same for BatchExecute, BatchAdjust and BatchGetInventory, which take up to a thousand lines. */
  readonly batchBodyBytesMax: number;
  /** Of all bodies and messages that are being read or are in progress, in this process. */
  readonly bodiesBytesMax: number;
  /** Applies to calls without a deadline; longer deadlines are cut to it. */
  readonly requestTimeoutMs: number;
  /** How long a connection of the HTTP port may be idle; longer than in any proxy in front of it. */
  readonly httpKeepAliveMs: number;
  /** At this age, a connection of either port is asked to end once its calls are answered; 0: never. */
  readonly connectionMaxAgeMs: number;
  /** From the stop signal, which turns readiness, until the ports close. */
  readonly drainDelayMs: number;
  /** From then until connections are cut. */
  readonly shutdownTimeoutMs: number;
  /** Engine transactions in flight at once. */
  readonly engineLanes: number;
  /** Commands in one transaction. */
  readonly batchCommandsMax: number;
  /** Commands waiting; one more is refused with OVERLOADED. */
  readonly queueCommandsMax: number;
  /** How long a command may have to wait before calls are refused with OVERLOADED; 0: as long as it takes. */
  readonly queueWaitMaxMs: number;
  /** Calls per second and merchant that one process admits; 0: no limit. */
  readonly merchantCallsPerSecondMax: number;
  /** Calls of one merchant in progress at once in this process; 0: no limit. */
  readonly merchantInFlightMax: number;
  /** Attempts at one transaction, including the first. */
  readonly attemptsMax: number;
  /** Connections for everything except reads. */
  readonly poolConnectionsMax: number;
  /** Connections for reads, and so the number of reads that run at once. */
  readonly readPoolConnectionsMax: number;
  /** Reads waiting for a connection; one more is refused with OVERLOADED. */
  readonly readsWaitingMax: number;
  /** Open streams per process; one more is refused with OVERLOADED. */
  readonly streamsMax: number;
  /** Open streams per process and merchant; one more is refused with RATE_LIMITED; 0: no limit. */
  readonly merchantStreamsMax: number;
  /** Commands of one Execute stream in progress; beyond that it is not read on. */
  readonly streamCommandsMax: number;
  /** How long a caller may leave a stream's data unread before it is cut off. */
  readonly streamStalledMs: number;
  /** A REST stream sends a heartbeat after this much silence; 0: never. */
  readonly streamHeartbeatMs: number;
  /** How often a watch that nothing wakes checks the log, in case a notification got lost. */
  readonly watchLookMs: number;
  /** A gRPC connection without a call for this long is closed. */
  readonly grpcIdleMs: number;
  readonly connectTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a process that changes the schema waits for another one, or for a table that others keep. */
  readonly migrationLockTimeoutMs: number;
  /** How long a verified API key is trusted: a revocation takes effect everywhere within this time. */
  readonly apiKeyCacheMs: number;
  /** How long a verified token is trusted, at most until its `exp`. */
  readonly tokenCacheMs: number;
  /** Number of tokens, and of keys, remembered. */
  readonly credentialCacheMax: number;
}

/** Everything wrong with the environment, one line per variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly faults: readonly string[]) {
    super(`the configuration is faulty:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

export type { Environment, JwtConfig };

/** Reads the environment; throws a ConfigError that names every faulty variable. */
export function loadConfig(env: Environment): Config {
  const faults: string[] = [];
  const read = new EnvironmentReader(env, faults);

  const jwt = readJwt(read, faults);
  const host = read.text('HOST') ?? '127.0.0.1';
  const exposed = !isLoopback(host);
  const config: Config = {
    host,
    exposed,
    everywhere: isAnyAddress(host),
    httpPort: read.integer('HTTP_PORT', 8080, 0, 65535),
    grpcPort: read.integer('GRPC_PORT', 50051, 0, 65535),
    workers: read.integer('WORKERS', 1, 1, 64),
    metricsPort: read.isSet('METRICS_PORT') ? read.integer('METRICS_PORT', 0, 0, 65535) : undefined,
    metrics: read.oneOf('METRICS', ['on', 'off'] as const, 'on') === 'on',
    ...readDatabaseUrls(read, faults),
    dataDir: resolve(read.text('DATA_DIR') ?? '.holdfast'),
    jwt,
    tls: readTls(read, faults),
    logLevel: read.oneOf('LOG_LEVEL', logLevels, 'info'),
    otel: readOtel(read),
    accessLog: read.oneOf('ACCESS_LOG', accessLogs, 'off'),
    demo: readDemo(read, faults, exposed),
    reflection: read.oneOf('REFLECTION', ['on', 'off'] as const, 'on') === 'on',
    docs: read.oneOf('DOCS', ['on', 'off'] as const, 'on') === 'on',
    publicUrl: read.baseUrl('PUBLIC_URL'),
    corsOrigins: read.origins('CORS_ORIGINS'),
    batchScope: read.oneOf('BATCH_SCOPE', ['any', 'merchant'] as const, 'any'),
    limits: readLimits(read),
  };
  faults.push(...unmetRelations(config.limits));
  faults.push(...portFaults(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze({ ...config, limits: Object.freeze(config.limits) });
}

function readLimits(read: EnvironmentReader): Limits {
  return {
    bodyBytesMax: read.integer('BODY_BYTES_MAX', 65536, 1024, 16_777_216),
    batchBodyBytesMax: read.integer('BATCH_BODY_BYTES_MAX', 16_777_216, 1024, 67_108_864),
    bodiesBytesMax: read.integer('BODIES_BYTES_MAX', 67_108_864, 4096, 17_179_869_184),
    requestTimeoutMs: read.integer('REQUEST_TIMEOUT_MS', 15_000, 1, 600_000),
    httpKeepAliveMs: read.integer('HTTP_KEEP_ALIVE_MS', 75_000, 1, 3_600_000),
    connectionMaxAgeMs: read.integer('CONNECTION_MAX_AGE_MS', 0, 0, 604_800_000),
    drainDelayMs: read.integer('DRAIN_DELAY_MS', 0, 0, 600_000),
    shutdownTimeoutMs: read.integer('SHUTDOWN_TIMEOUT_MS', 20_000, 0, 600_000),
    engineLanes: read.integer('ENGINE_LANES', 2, 1, 64),
    batchCommandsMax: read.integer('BATCH_COMMANDS_MAX', 500, 1, 5000),
    queueCommandsMax: read.integer('QUEUE_COMMANDS_MAX', 10_000, 1, 1_000_000),
    queueWaitMaxMs: read.integer('QUEUE_WAIT_MAX_MS', 100, 0, 60_000),
    merchantCallsPerSecondMax: read.integer('MERCHANT_CALLS_PER_SECOND_MAX', 0, 0, 1_000_000),
    merchantInFlightMax: read.integer('MERCHANT_IN_FLIGHT_MAX', 0, 0, 1_000_000),
    attemptsMax: read.integer('ATTEMPTS_MAX', 8, 1, 100),
    poolConnectionsMax: read.integer('POOL_CONNECTIONS_MAX', 10, 2, 1000),
    readPoolConnectionsMax: read.integer('READ_POOL_CONNECTIONS_MAX', 4, 1, 1000),
    readsWaitingMax: read.integer('READS_WAITING_MAX', 1000, 0, 1_000_000),
    streamsMax: read.integer('STREAMS_MAX', 1000, 0, 1_000_000),
    merchantStreamsMax: read.integer('MERCHANT_STREAMS_MAX', 0, 0, 1_000_000),
    streamCommandsMax: read.integer('STREAM_COMMANDS_MAX', 256, 1, 10_000),
    streamStalledMs: read.integer('STREAM_STALLED_MS', 30_000, 10, 600_000),
    streamHeartbeatMs: read.integer('STREAM_HEARTBEAT_MS', 15_000, 0, 600_000),
    watchLookMs: read.integer('WATCH_LOOK_MS', 2000, 100, 600_000),
    grpcIdleMs: read.integer('GRPC_IDLE_MS', 1_800_000, 100, 86_400_000),
    connectTimeoutMs: read.integer('CONNECT_TIMEOUT_MS', 5000, 100, 60_000),
    lockTimeoutMs: read.integer('LOCK_TIMEOUT_MS', 2000, 10, 60_000),
    statementTimeoutMs: read.integer('STATEMENT_TIMEOUT_MS', 10_000, 100, 600_000),
    migrationLockTimeoutMs: read.integer('MIGRATION_LOCK_TIMEOUT_MS', 300_000, 100, 86_400_000),
    apiKeyCacheMs: read.integer('API_KEY_CACHE_MS', 5000, 0, 9000),
    tokenCacheMs: read.integer('TOKEN_CACHE_MS', 60_000, 0, 3_600_000),
    credentialCacheMax: read.integer('CREDENTIAL_CACHE_MAX', 10_000, 1, 1_000_000),
  };
}

function portFaults({ httpPort, grpcPort, metricsPort, metrics }: Config): string[] {
  const faults: string[] = [];
  const ports = Object.entries({ HTTP_PORT: httpPort, GRPC_PORT: grpcPort, METRICS_PORT: metricsPort });
  for (const [i, [name, port]] of ports.entries()) {
    for (const [other, same] of ports.slice(i + 1)) {
      if (port !== 0 && port !== undefined && port === same) faults.push(`${name} and ${other}: must differ`);
    }
  }
  if (!metrics && metricsPort !== undefined) faults.push('METRICS_PORT: has no effect with METRICS=off');
  return faults;
}

function unmetRelations(limits: Limits): string[] {
  const faults: string[] = [];
  if (limits.batchCommandsMax > limits.queueCommandsMax) {
    faults.push('BATCH_COMMANDS_MAX: must not exceed QUEUE_COMMANDS_MAX');
  }
  if (Math.max(limits.batchBodyBytesMax, limits.bodyBytesMax) * 2 > limits.bodiesBytesMax) {
    faults.push('BODIES_BYTES_MAX: must be at least twice BATCH_BODY_BYTES_MAX and BODY_BYTES_MAX');
  }
  if (limits.lockTimeoutMs > limits.statementTimeoutMs) {
    faults.push('LOCK_TIMEOUT_MS: must not exceed STATEMENT_TIMEOUT_MS');
  }
  if (limits.engineLanes >= limits.poolConnectionsMax) {
    faults.push(
      'ENGINE_LANES: must be less than POOL_CONNECTIONS_MAX, because API key lookups use the same pool',
    );
  }
  return faults;
}

function readTls(read: EnvironmentReader, faults: string[]): TlsConfig | undefined {
  const cert = read.file('TLS_CERT_FILE');
  const key = read.file('TLS_KEY_FILE');
  const clientCa = read.file('TLS_CLIENT_CA_FILE');
  const files = {
    cert: read.text('TLS_CERT_FILE'),
    key: read.text('TLS_KEY_FILE'),
    clientCa: read.text('TLS_CLIENT_CA_FILE'),
  };
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa, files };
  if (read.isSet('TLS_CERT_FILE') !== read.isSet('TLS_KEY_FILE')) {
    faults.push('TLS_CERT_FILE and TLS_KEY_FILE: set both or neither');
  } else if (clientCa !== undefined && !read.isSet('TLS_CERT_FILE')) {
    faults.push('TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE');
  }
  return undefined;
}

/** The demo needs the embedded database, and a secret to sign its token with. */
function readDemo(read: EnvironmentReader, faults: string[], exposed: boolean): boolean {
  const possible = !read.isSet('DATABASE_URL') && !read.isSet('JWT_JWKS_URL');
  const wanted = read.oneOf('DEMO', ['on', 'off'] as const, possible && !exposed ? 'on' : 'off') === 'on';
  if (wanted && !possible) {
    faults.push(
      'DEMO: cannot be on with DATABASE_URL or JWT_JWKS_URL: it needs the embedded database and its own secret',
    );
  }
  return wanted;
}
