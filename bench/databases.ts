import pg from 'pg';
import { loadConfig } from '../src/config.js';
import { openDatabase } from '../src/database.js';
import { createMerchant } from '../src/service/merchants.js';
import { auditPlain, auditStock, type Sums, sumsOf, type ToldAndUnknown } from './audit.js';
import { addHistory } from './history.js';
import { ON_HAND_QTY, recordId } from './load/plan.js';
import { seedTables, warmCache } from './seed.js';

/** A side's own database, on the server that all sides share. */
export interface SideDatabase {
  readonly url: string;
  /**
   * Brings the tables to the same state before every turn, whatever was written in the turns before: emptied, so
   * that no side pays for rows of an earlier turn (a fast side leaves far more of them than a slow one), seeded,
   * vacuumed and analysed; then a checkpoint, so that no turn writes out what another one dirtied. The service's
   * tables are then read once by key: see warmCache.
   */
  reset(records: number, more?: MoreRows): Promise<void>;
  /** Throws AuditFailed. */
  audit(told: ToldAndUnknown): Promise<void>;
  close(): Promise<void>;
}

/** Rows of the service's tables besides the records. */
export interface MoreRows {
  /** Records of the second merchant. */
  readonly neighbourRecords?: number | undefined;
  /** Open holds of the first merchant, with their log. They are only added to, as making them takes minutes. */
  readonly standingHolds?: number | undefined;
}

/** A database with the service's schema, and a merchant in it. */
export interface StockDatabase extends SideDatabase, Merchant {
  /** A second merchant; without records, unless reset is told how many. */
  readonly neighbour: Merchant;
}

export interface Merchant {
  readonly merchantId: string;
  readonly apiKey: string;
}

export async function createStockDatabase(
  serverUrl: string,
  name: string,
  jwtSecret: string,
): Promise<StockDatabase> {
  const url = await createDatabase(serverUrl, name);
  const silent = { info: () => undefined, warn: () => undefined };
  const { dataSource, close } = await openDatabase(
    loadConfig({ DATABASE_URL: url, JWT_SECRET: jwtSecret, STATEMENT_TIMEOUT_MS: '600000' }),
    silent,
    { migrates: true },
  );
  const merchant = await createMerchant(dataSource, 'Bench', 'test');
  const { merchantId } = merchant;
  const neighbour = await createMerchant(dataSource, 'Neighbour', 'test');
  let standing = 0;
  let before: Sums | undefined;
  return {
    url,
    ...merchant,
    neighbour,
    reset: async (records, { neighbourRecords = 0, standingHolds = 0 } = {}) => {
      if (standingHolds === 0 || standingHolds < standing) {
        await dataSource.query(
          'TRUNCATE stock_levels, inventory_records, holds, movement_log, idempotency_keys',
        );
        await seedTables(dataSource, merchantId, records);
        standing = 0;
      }
      if (neighbourRecords > 0) await seedTables(dataSource, neighbour.merchantId, neighbourRecords);
      if (standingHolds > standing) {
        await addHistory(dataSource, merchantId, Math.round((standingHolds - standing) / records));
        standing = standingHolds;
      }
      before = standing === 0 ? undefined : await sumsOf(dataSource);
      await dataSource.query('VACUUM ANALYZE');
      await dataSource.query('CHECKPOINT');
      await warmCache(dataSource, merchantId);
    },
    audit: (told) => auditStock(dataSource, name, told, before),
    close,
  };
}

/** The plain implementation makes its tables itself, when it starts. */
export async function createPlainDatabase(serverUrl: string, name: string): Promise<SideDatabase> {
  const url = await createDatabase(serverUrl, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    url,
    reset: async (records) => {
      await client.query('TRUNCATE inventory, inventory_log');
      await client.query(
        `INSERT INTO inventory (id, on_hand_qty, reserved_qty) SELECT id, $2, 0 FROM unnest($1::text[]) AS id`,
        [Array.from({ length: records }, (_, index) => recordId(index)), ON_HAND_QTY],
      );
      await client.query('VACUUM ANALYZE');
      await client.query('CHECKPOINT');
    },
    audit: (told) => auditPlain(client, name, told),
    close: () => client.end(),
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
