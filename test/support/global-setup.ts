import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config.js';
import { openDatabase } from '../../src/database.js';
import { openEmbeddedDatabase } from '../../src/embedded-postgres/embedded.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database with the newest schema and no rows; never connected to, only cloned. */
    templateUrl: string;
  }
}

/** One real PostgreSQL for the whole run; each test file clones the migrated database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const postgres = await openEmbeddedDatabase({ dataDir, log: () => {} });
  const silent = { info: () => {}, warn: () => {} };
  const config = loadConfig({ DATABASE_URL: postgres.url, JWT_SECRET: 'x'.repeat(32) });
  await (await openDatabase(config, silent)).close();
  // Tests make databases of their own.
  project.provide('templateUrl', postgres.adminUrl);
  return async () => {
    await postgres.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
