import type { DataSource } from 'typeorm';
import { expect } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { openDatabase } from '../../src/database.js';
import { audit } from '../../src/service/audit.js';
import { createMerchant } from '../../src/service/merchants.js';
import { type SeedRecord, seedRecords } from '../../src/store/seed.js';
import { type Credentials, JWT_SECRET, tokenFor } from './app.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** A database with one merchant, for services that run as processes of their own. */
export interface Stage extends Credentials {
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  seed(...records: SeedRecord[]): Promise<void>;
  /** Fails the test unless counters, holds and log agree. */
  expectAuditClean(): Promise<void>;
  close(): Promise<void>;
}

export async function createStage(): Promise<Stage> {
  const database = await createTestDatabase();
  const opened = await openDatabase(loadConfig({ DATABASE_URL: database.url, JWT_SECRET }), {
    info: () => {},
    warn: () => {},
  });
  const { dataSource } = opened;
  const merchant = await createMerchant(dataSource, 'Test', 'test');
  return {
    ...merchant,
    token: await tokenFor(merchant.merchantId),
    database,
    dataSource,
    seed: (...records) => seedRecords(dataSource, merchant.merchantId, records),
    expectAuditClean: async () => {
      const report = await audit(dataSource, { repair: false });
      expect(report).toMatchObject({ consistent: true, drift: [] });
      expect(report.records).toBeGreaterThan(0);
    },
    close: async () => {
      await opened.close();
      await database.drop();
    },
  };
}
