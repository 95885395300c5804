import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { hashApiKey } from '../auth/api-key-secret.js';
import { permissions } from '../auth/principal.js';
import { signToken } from '../auth/tokens.js';
import type { JwtConfig } from '../config.js';
import { findMerchantOfKey } from '../store/api-keys.js';
import { countRecords } from '../store/audit.js';
import { findMerchant, insertMerchant } from '../store/merchants.js';
import { seedRecords } from '../store/seed.js';
import { isUniqueViolation } from '../store/sqlstate.js';
import { addKey } from './merchants.js';

/** What a script needs to try the service; kept in DATA_DIR/demo.json. */
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

/** Makes the demo merchant with its record on the first start, and finds them again on later ones. */
export async function prepareDemo(
  dataSource: DataSource,
  jwt: JwtConfig,
  dataDir: string,
  addresses: { httpUrl: string; grpcAddress: string },
): Promise<Demo> {
  const path = join(dataDir, 'demo.json');
  const apiKey = await demoKey(dataSource, path);
  const token = await signToken(
    jwt.secret!,
    { actor: 'demo', merchantId: MERCHANT_ID, permissions, ttlSeconds: TOKEN_TTL_SECONDS },
    jwt,
  );
  const demo: Demo = { merchantId: MERCHANT_ID, apiKey, token, inventoryId: RECORD.id, ...addresses };
  // Under another name first, so that a script never reads half of it.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return demo;
}

async function demoKey(dataSource: DataSource, path: string): Promise<string> {
  // Each step by itself: an earlier start may have died between them, and another may be at it right now.
  if ((await findMerchant(dataSource, MERCHANT_ID)) === null) {
    await unlessThere(insertMerchant(dataSource, MERCHANT_ID, 'Demo'));
  }
  if ((await countRecords(dataSource, MERCHANT_ID)) === 0) {
    await unlessThere(seedRecords(dataSource, MERCHANT_ID, [RECORD]));
  }
  const kept = readKeptKey(path);
  if (kept !== undefined && (await findMerchantOfKey(dataSource, hashApiKey(kept))) === MERCHANT_ID)
    return kept;
  return addKey(dataSource, MERCHANT_ID, 'test');
}

/** Another process that made the same first has done the work. */
async function unlessThere(made: Promise<void>): Promise<void> {
  await made.catch((error) => {
    if (!isUniqueViolation(error)) throw error;
  });
}

function readKeptKey(path: string): string | undefined {
  try {
    const { apiKey } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Demo>;
    return typeof apiKey === 'string' ? apiKey : undefined;
  } catch {
    return undefined;
  }
}
