import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { hashApiKey } from '../auth/api-key-secret.js';
import { permissions } from '../auth/principal.js';
import { signToken } from '../auth/tokens.js';
import type { JwtConfig } from '../config.js';
import { countRecords } from '../store/audit.js';
import { isUniqueViolation } from '../store/connection/sqlstate.js';
import { seedRecords } from '../store/seed.js';
import { listApiKeys } from '../store/tables/api-keys.js';
import { findMerchant, insertMerchant } from '../store/tables/merchants.js';
import { addKey } from './merchants.js';

/** What a script needs to try the service; stored in DATA_DIR/demo.json. */
export interface Demo {
  readonly merchantId: string;
  readonly apiKey: string;
  readonly token: string;
  readonly inventoryId: string;
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

const MERCHANT_ID = 'mer_demo';
const TOKEN_TTL_SECONDS = 30 * 24 * 3600;
/** The published page's record: 50 on hand, 5 reserved. */
const RECORD = {
  id: 'inv_xyz789',
  onHandQty: 50,
  reservedQty: 5,
  details: {
    productId: 'prod_walking_shoe',
    skuId: 'SHOE-WALK-42-GREEN',
    warehouseId: 'wh_harbour',
    warehouseName: 'Harbour warehouse',
    location: 'Aisle 4, shelf 2',
    reorderLevel: 10,
    reorderQty: 40,
    variantAttributes: { colour: 'green', size: '42' },
  },
};

/**
 * Creates the demo merchant and its record on the first start, and finds them on later ones. Undefined when an operator
 * has revoked its key: then the demo cannot be used.
 */
export async function prepareDemo(
  dataSource: DataSource,
  jwt: JwtConfig,
  dataDir: string,
  addresses: { httpUrl: string; grpcAddress: string },
): Promise<Demo | undefined> {
  const path = join(dataDir, 'demo.json');
  await makeMerchant(dataSource);
  const kept = readKept(path);
  const apiKey = await demoKey(dataSource, kept?.apiKey);
  if (apiKey === undefined) {
    // The addresses are still useful to those who have a key from elsewhere.
    if (kept !== undefined) write(path, { ...kept, ...addresses });
    return undefined;
  }
  const token = await signToken(
    jwt.secret!,
    { actor: 'demo', merchantId: MERCHANT_ID, permissions, ttlSeconds: TOKEN_TTL_SECONDS },
    jwt,
  );
  const demo: Demo = { merchantId: MERCHANT_ID, apiKey, token, inventoryId: RECORD.id, ...addresses };
  write(path, demo);
  return demo;
}

/** Returns whether an earlier start has created a demo whose key is still valid. */
export async function demoIsOpen(dataSource: DataSource): Promise<boolean> {
  const keys = await listApiKeys(dataSource, MERCHANT_ID);
  return keys.some((key) => key.revokedAt === null);
}

async function makeMerchant(dataSource: DataSource): Promise<void> {
  // Each step on its own: an earlier start may have died in between, and another process may be doing the same now.
  if ((await findMerchant(dataSource, MERCHANT_ID)) === null) {
    await unlessThere(insertMerchant(dataSource, MERCHANT_ID, 'Demo'));
  }
  if ((await countRecords(dataSource, MERCHANT_ID)) === 0) {
    await unlessThere(seedRecords(dataSource, MERCHANT_ID, [RECORD]));
  }
}

/**
 * The stored key while it is valid. A key that was lost or belongs to another database is replaced. A revoked key never
 * is, and no key is added when all were revoked and none is stored.
 */
async function demoKey(dataSource: DataSource, kept: string | undefined): Promise<string | undefined> {
  const keys = await listApiKeys(dataSource, MERCHANT_ID);
  const known = kept === undefined ? undefined : keys.find((key) => key.keyHash === hashApiKey(kept));
  if (known !== undefined) return known.revokedAt === null ? kept : undefined;
  if (keys.length > 0 && keys.every((key) => key.revokedAt !== null)) return undefined;
  return addKey(dataSource, MERCHANT_ID, 'test');
}

/** Writes under another name first, so that a script never reads half a file. */
function write(path: string, demo: object): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Ignores a duplicate: another process has done the work first. */
async function unlessThere(made: Promise<void>): Promise<void> {
  await made.catch((error) => {
    if (!isUniqueViolation(error)) throw error;
  });
}

/** What an earlier start wrote; undefined when it has no key. */
function readKept(path: string): { readonly apiKey: string } | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Demo> | null;
    return typeof kept?.apiKey === 'string' ? { ...kept, apiKey: kept.apiKey } : undefined;
  } catch {
    return undefined;
  }
}
