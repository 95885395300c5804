import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, type Environment, loadConfig } from '../../src/config.js';

const DATABASE_URL = 'postgres://holdfast:secret-word@db/holdfast';
const JWT_SECRET = 's'.repeat(32);
const JWT_JWKS_URL = 'https://issuer.example/jwks.json';

let dir: string;
let cert: string;
let key: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  cert = join(dir, 'cert.pem');
  key = join(dir, 'key.pem');
  writeFileSync(cert, 'cert');
  writeFileSync(key, 'key');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function faultsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** The text before the colon: the variables that a fault is about. */
const namesOf = (env: Environment): string[] => faultsOf(env).map((fault) => fault.split(': ')[0]!);

test('an empty environment is enough', () => {
  expect(loadConfig({})).toMatchObject({
    host: '127.0.0.1',
    httpPort: 8080,
    grpcPort: 50051,
    metrics: true,
    metricsPort: undefined,
    databaseUrl: undefined,
    dataDir: resolve('.holdfast'),
    jwt: {
      secret: undefined,
      jwksUrl: undefined,
      jwksStaleMaxMs: 86_400_000,
      clockToleranceS: 30,
      issuer: undefined,
      audience: undefined,
    },
    tls: undefined,
    logLevel: 'info',
    otel: {
      exporterOtlpEndpoint: undefined,
      exporterOtlpHeaders: undefined,
      exporterOtlpProtocol: 'http/protobuf',
      serviceName: undefined,
      tracesSampler: 'parentbased_always_on',
      tracesSamplerArg: 1,
    },
    exposed: false,
    demo: true,
    reflection: true,
    docs: true,
    corsOrigins: [],
    batchScope: 'any',
    limits: {
      bodyBytesMax: 65536,
      apiKeyCacheMs: 5000,
      streamsMax: 1000,
      merchantStreamsMax: 0,
      streamStalledMs: 30_000,
      streamHeartbeatMs: 15_000,
      watchLookMs: 2000,
    },
  });
});

test('an empty variable counts as not set', () => {
  const names = ['HOST', 'HTTP_PORT', 'DATABASE_URL', 'JWT_SECRET', 'LOG_LEVEL', 'TLS_CERT_FILE'];
  expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(loadConfig({}));
});

test('what is set is taken over', () => {
  const env = {
    HOST: '::1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL,
    JWT_JWKS_URL,
    JWT_ISSUER: 'issuer',
    JWT_AUDIENCE: 'audience',
    TLS_CERT_FILE: cert,
    TLS_KEY_FILE: key,
    LOG_LEVEL: 'warn',
    REFLECTION: 'off',
    METRICS_PORT: '9464',
    DOCS: 'off',
    PUBLIC_URL: 'https://stock.example/api/',
    CORS_ORIGINS: 'https://shop.example, http://localhost:3000',
    BATCH_SCOPE: 'merchant',
    ENGINE_LANES: '9',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20eA',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_SERVICE_NAME: 'stock',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  };
  expect(loadConfig(env)).toMatchObject({
    host: '::1',
    httpPort: 0,
    grpcPort: 0,
    databaseUrl: DATABASE_URL,
    jwt: { secret: undefined, jwksUrl: JWT_JWKS_URL, issuer: 'issuer', audience: 'audience' },
    tls: { cert: Buffer.from('cert'), key: Buffer.from('key'), clientCa: undefined },
    logLevel: 'warn',
    reflection: false,
    metrics: true,
    metricsPort: 9464,
    docs: false,
    publicUrl: 'https://stock.example/api',
    corsOrigins: ['https://shop.example', 'http://localhost:3000'],
    batchScope: 'merchant',
    limits: { engineLanes: 9 },
    otel: {
      exporterOtlpEndpoint: 'http://collector:4318',
      exporterOtlpHeaders: 'authorization=Basic%20eA',
      exporterOtlpProtocol: 'http/json',
      serviceName: 'stock',
      tracesSampler: 'parentbased_traceidratio',
      tracesSamplerArg: 0.01,
    },
  });
});

test('it cannot be changed afterwards', () => {
  const config = loadConfig({});
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.limits)).toBe(true);
});

test('all faults are reported together, each with the name of its variable', () => {
  const env = {
    HTTP_PORT: 'http',
    GRPC_PORT: '65536',
    METRICS: 'yes',
    METRICS_PORT: '-1',
    DATABASE_URL: 'mysql://db',
    JWT_JWKS_URL: 'issuer.example',
    TLS_CERT_FILE: join('/nowhere', 'cert.pem'),
    TLS_KEY_FILE: join('/nowhere', 'key.pem'),
    LOG_LEVEL: 'loud',
    REFLECTION: 'maybe',
    DOCS: 'yes',
    PUBLIC_URL: 'stock.example',
    BATCH_SCOPE: 'all',
    ENGINE_LANES: '0',
    LOCK_TIMEOUT_MS: '-1',
  };
  expect(namesOf(env).sort()).toEqual(Object.keys(env).sort());
  expect(() => loadConfig(env)).toThrow(/^the configuration is faulty:\n(?: {2}[A-Z_]+: .*\n?){15}$/);
});

describe('numbers', () => {
  test.each([
    ['HTTP_PORT', '0', 'taken'],
    ['HTTP_PORT', '65535', 'taken'],
    ['HTTP_PORT', '65536', 'refused'],
    ['HTTP_PORT', '-1', 'refused'],
    ['HTTP_PORT', '80.5', 'refused'],
    ['HTTP_PORT', '0x50', 'refused'],
    ['HTTP_PORT', '1e3', 'refused'],
    ['HTTP_PORT', ' 80', 'refused'],
    ['API_KEY_CACHE_MS', '9000', 'taken'],
    // A revocation takes effect everywhere within 10 s.
    ['API_KEY_CACHE_MS', '9001', 'refused'],
    ['CORS_ORIGINS', '*', 'taken'],
    ['CORS_ORIGINS', 'https://shop.example:8443,', 'taken'],
    ['CORS_ORIGINS', 'https://shop.example/', 'refused'],
    ['CORS_ORIGINS', 'https://shop.example/page', 'refused'],
    ['CORS_ORIGINS', 'https://Shop.example', 'refused'],
    ['CORS_ORIGINS', 'https://shop.example:443', 'refused'],
    ['CORS_ORIGINS', 'shop.example', 'refused'],
    ['CORS_ORIGINS', 'https://*.example', 'refused'],
    ['CORS_ORIGINS', 'null', 'refused'],
    ['CORS_ORIGINS', 'file:///tmp', 'refused'],
    ['PUBLIC_URL', 'http://127.0.0.1:8080', 'taken'],
    ['PUBLIC_URL', 'https://stock.example/api/', 'taken'],
    ['PUBLIC_URL', `https://stock.example/${'a'.repeat(256 - 22)}`, 'taken'],
    ['PUBLIC_URL', `https://stock.example/${'a'.repeat(256 - 21)}`, 'refused'],
    ['PUBLIC_URL', 'ftp://stock.example', 'refused'],
    ['PUBLIC_URL', '/api', 'refused'],
    ['PUBLIC_URL', 'https://user:secret@stock.example', 'refused'],
    ['PUBLIC_URL', 'https://stock.example/?', 'refused'],
    ['PUBLIC_URL', 'https://stock.example/#docs', 'refused'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example/otlp', 'taken'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'refused'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'refused'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'refused'],
    ['OTEL_TRACES_SAMPLER_ARG', '0', 'taken'],
    ['OTEL_TRACES_SAMPLER_ARG', '.25', 'taken'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.0', 'taken'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1', 'refused'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1', 'refused'],
    ['OTEL_TRACES_SAMPLER_ARG', '1e-2', 'refused'],
    ['OTEL_TRACES_SAMPLER_ARG', '0.', 'refused'],
    ['BODY_BYTES_MAX', '1023', 'refused'],
    ['ENGINE_LANES', '0', 'refused'],
    ['BATCH_COMMANDS_MAX', '0', 'refused'],
    ['QUEUE_COMMANDS_MAX', '99999999999999999999', 'refused'],
  ])('%s=%s is %s', (name, value, expected) => {
    expect(namesOf({ [name]: value })).toEqual(expected === 'taken' ? [] : [name]);
  });
});

describe('relations', () => {
  const secret = { DATABASE_URL, JWT_SECRET };
  test.each<[string, () => Environment, string[]]>([
    ['a database and a secret', () => secret, []],
    ['a database and a JWKS', () => ({ DATABASE_URL, JWT_JWKS_URL }), []],
    ['a database alone', () => ({ DATABASE_URL }), ['JWT_SECRET or JWT_JWKS_URL']],
    // One fault, not two: the second would only follow from it.
    ['a database and a bad JWKS', () => ({ DATABASE_URL, JWT_JWKS_URL: 'x' }), ['JWT_JWKS_URL']],
    ['a secret and a JWKS', () => ({ JWT_SECRET, JWT_JWKS_URL }), ['JWT_SECRET and JWT_JWKS_URL']],
    ['a secret of 31 bytes', () => ({ JWT_SECRET: 's'.repeat(31) }), ['JWT_SECRET']],
    ['a secret of 16 characters, 32 bytes', () => ({ JWT_SECRET: 'ä'.repeat(16) }), []],
    ['a certificate alone', () => ({ TLS_CERT_FILE: cert }), ['TLS_CERT_FILE and TLS_KEY_FILE']],
    ['a TLS key alone', () => ({ TLS_KEY_FILE: key }), ['TLS_CERT_FILE and TLS_KEY_FILE']],
    ['a client CA alone', () => ({ TLS_CLIENT_CA_FILE: cert }), ['TLS_CLIENT_CA_FILE']],
    [
      'TLS with a client CA',
      () => ({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: cert }),
      [],
    ],
    ['one port twice', () => ({ HTTP_PORT: '7000', GRPC_PORT: '7000' }), ['HTTP_PORT and GRPC_PORT']],
    ['free ports', () => ({ HTTP_PORT: '0', GRPC_PORT: '0', METRICS_PORT: '0' }), []],
    ['the port of gRPC for metrics', () => ({ METRICS_PORT: '50051' }), ['GRPC_PORT and METRICS_PORT']],
    ['the port of HTTP for metrics', () => ({ METRICS_PORT: '8080' }), ['HTTP_PORT and METRICS_PORT']],
    ['a port for no metrics', () => ({ METRICS: 'off', METRICS_PORT: '9464' }), ['METRICS_PORT']],
    [
      'a batch larger than the queue',
      () => ({ BATCH_COMMANDS_MAX: '11', QUEUE_COMMANDS_MAX: '10' }),
      ['BATCH_COMMANDS_MAX'],
    ],
    ['a batch as large as the queue', () => ({ BATCH_COMMANDS_MAX: '10', QUEUE_COMMANDS_MAX: '10' }), []],
    [
      'a lock wait longer than a statement',
      () => ({ LOCK_TIMEOUT_MS: '201', STATEMENT_TIMEOUT_MS: '200' }),
      ['LOCK_TIMEOUT_MS'],
    ],
    [
      'as many lanes as connections',
      () => ({ ENGINE_LANES: '5', POOL_CONNECTIONS_MAX: '5' }),
      ['ENGINE_LANES'],
    ],
    ['a lane less than connections', () => ({ ENGINE_LANES: '4', POOL_CONNECTIONS_MAX: '5' }), []],
  ])('%s', (_, env, faulty) => {
    expect(namesOf(env())).toEqual(faulty);
  });
});

describe('passwords of the database', () => {
  const secret = '@/#%:?&$ü "\'';

  test('as they are in DATABASE_PASSWORD, or percent-encoded in the URL', () => {
    const apart = { JWT_SECRET, DATABASE_URL: 'postgresql://shop@db:5432/shop', DATABASE_PASSWORD: secret };
    const { databaseUrl } = loadConfig(apart);
    expect(decodeURIComponent(new URL(databaseUrl!).password)).toBe(secret);
    expect(databaseUrl).toMatch(/^postgresql:\/\/shop:[^@/#]+@db:5432\/shop$/);
    const several = {
      ...apart,
      DATABASE_URL: 'postgresql://shop@a,b:5433/shop?target_session_attrs=primary',
    };
    expect(
      loadConfig({ ...several, DATABASE_READ_URL: 'postgresql:///shop?user=u&host=/run' }),
    ).toMatchObject({
      databaseUrl: expect.stringMatching(
        /^postgresql:\/\/shop:[^@/#]+@a,b:5433\/shop\?target_session_attrs=primary$/,
      ),
      databaseReadUrl: expect.stringMatching(/^postgresql:\/\/\/shop\?user=u&host=\/run&password=[^&]+$/),
    });
    const inside = `postgresql://shop:${encodeURIComponent(secret)}@db:5432/shop`;
    expect(loadConfig({ JWT_SECRET, DATABASE_URL: inside }).databaseUrl).toBe(inside);
  });

  test.each<[string, Environment, string[]]>([
    ['a #', { DATABASE_URL: 'postgres://shop:a#b@db/shop' }, ['DATABASE_URL']],
    ['a /', { DATABASE_URL: 'postgres://shop:a/b@db/shop' }, ['DATABASE_URL']],
    ['an @ and a /', { DATABASE_URL: 'postgres://shop:a@b/c@db/shop' }, ['DATABASE_URL']],
    ['a number and a #', { DATABASE_URL: 'postgres://shop:12#b@db/shop' }, ['DATABASE_URL']],
    ['a %', { DATABASE_URL: 'postgres://shop:100%@db/shop' }, ['DATABASE_URL']],
    ['bytes that are no UTF-8', { DATABASE_URL: 'postgres://shop:%ff@db/shop' }, ['DATABASE_URL']],
    ['no URL', { DATABASE_PASSWORD: 'x' }, ['DATABASE_PASSWORD']],
    ['no URL but one for reads', { DATABASE_READ_URL: 'postgres://db' }, ['DATABASE_READ_URL']],
    ['no user', { DATABASE_URL: 'postgres://db/shop', DATABASE_PASSWORD: 'x' }, ['DATABASE_PASSWORD']],
    ['two', { DATABASE_URL, DATABASE_PASSWORD: 'x' }, ['DATABASE_URL and DATABASE_PASSWORD']],
  ])('%s', (_, env, faulty) => {
    expect(namesOf({ JWT_SECRET, ...env })).toEqual(faulty);
  });
});

test('a fault does not give a password away', () => {
  const [fault] = faultsOf({ DATABASE_URL: 'mysql://holdfast:secret-word@db', JWT_SECRET });
  expect(fault).toContain('DATABASE_URL');
  expect(fault).not.toContain('secret-word');
});

describe('who can reach the ports, and whether there is a demo', () => {
  test.each<[Environment, { exposed: boolean; demo: boolean }]>([
    ...[
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
      'localhost',
      'a.localhost',
    ].map((HOST): [Environment, { exposed: boolean; demo: boolean }] => [
      { HOST },
      { exposed: false, demo: true },
    ]),
    ...['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'fd00::1', 'shop.example', 'localhost.example'].map(
      (HOST): [Environment, { exposed: boolean; demo: boolean }] => [
        { HOST },
        { exposed: true, demo: false },
      ],
    ),
    [{ DEMO: 'off' }, { exposed: false, demo: false }],
    [
      { HOST: '0.0.0.0', DEMO: 'on' },
      { exposed: true, demo: true },
    ],
    [
      { DATABASE_URL, JWT_SECRET },
      { exposed: false, demo: false },
    ],
    [{ JWT_JWKS_URL }, { exposed: false, demo: false }],
  ])('%j → %j', (env, expected) => {
    expect(loadConfig(env)).toMatchObject(expected);
  });

  test.each<Environment>([
    { DATABASE_URL, JWT_SECRET, DEMO: 'on' },
    { JWT_JWKS_URL, DEMO: 'on' },
    { DEMO: 'yes' },
  ])('%j is a fault of DEMO', (env) => {
    expect(namesOf(env)).toEqual(['DEMO']);
  });
});
