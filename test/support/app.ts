import type { DataSource } from 'typeorm';
import { type App, createApp, type Overrides } from '../../src/app.js';
import { createApiKeySecret } from '../../src/auth/api-key-secret.js';
import { type Permission, permissions } from '../../src/auth/principal.js';
import { signToken } from '../../src/auth/tokens.js';
import { type Environment, loadConfig } from '../../src/config.js';
import { newId } from '../../src/service/ids.js';
import { type SeedRecord, seedRecords } from '../../src/store/seed.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** What the links of failures begin with. */
export const PUBLIC_URL = 'https://stock.example/api';

export const JWT_SECRET = 'test-secret-test-secret-test-secret-0';

export interface Credentials {
  readonly merchantId: string;
  readonly apiKey: string;
  readonly token: string;
}

/** The real service on free ports. */
export interface TestApp {
  readonly app: App;
  readonly database: TestDatabase;
  readonly httpUrl: string;
  readonly grpcAddress: string;
  /** A new merchant, with a key and a token of all permissions. */
  createMerchant(): Promise<Credentials>;
  /** Creates `count` merchants in one statement. */
  createMerchants(count: number): Promise<Credentials[]>;
  seed(merchantId: string, ...records: SeedRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts the service on a new database, which `close` drops. */
export async function startApp(env: Environment = {}, overrides: Overrides = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const service = await startAppOn(database, env, overrides);
  const close = async (): Promise<void> => {
    await service.close();
    await database.drop();
  };
  return { ...service, close };
}

export async function startAppOn(
  database: TestDatabase,
  env: Environment = {},
  overrides: Overrides = {},
): Promise<TestApp> {
  const app = await createApp(
    loadConfig({
      DATABASE_URL: database.url,
      JWT_SECRET,
      HTTP_PORT: '0',
      GRPC_PORT: '0',
      LOG_LEVEL: 'silent',
      PUBLIC_URL,
      ...env,
    }),
    overrides,
  );
  const createMerchants = (count: number): Promise<Credentials[]> => insertMerchants(app.dataSource, count);
  return {
    app,
    database,
    ...app.addresses,
    createMerchant: async () => (await createMerchants(1))[0]!,
    createMerchants,
    seed: (merchantId, ...records) => seedRecords(app.dataSource, merchantId, records),
    close: () => app.close(),
  };
}

/** As the service would create them, but in one round trip: most tests begin with a new merchant. */
async function insertMerchants(dataSource: DataSource, count: number): Promise<Credentials[]> {
  const made = Array.from({ length: count }, () => ({
    merchantId: newId('mer'),
    ...createApiKeySecret('test'),
  }));
  await dataSource.query(
    `WITH new AS (INSERT INTO merchants (merchant_id, name) SELECT id, 'Test' FROM unnest($1::text[]) AS id)
     INSERT INTO api_keys (merchant_id, key_hash, prefix, last_four)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
    [
      made.map(({ merchantId }) => merchantId),
      made.map(({ keyHash }) => keyHash),
      made.map(({ prefix }) => prefix),
      made.map(({ lastFour }) => lastFour),
    ],
  );
  return Promise.all(
    made.map(async ({ merchantId, secret }) => {
      return { merchantId, apiKey: secret, token: await tokenFor(merchantId) };
    }),
  );
}

export function tokenFor(
  merchantId: string,
  granted: readonly Permission[] = permissions,
  ttlSeconds = 3600,
): Promise<string> {
  const claims = { actor: 'tester', merchantId, permissions: granted, ttlSeconds };
  return signToken(JWT_SECRET, claims, { issuer: undefined, audience: undefined });
}
