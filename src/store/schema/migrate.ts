import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { isLockTimeout } from '../connection/sqlstate.js';
import { readSchema } from './schema-fit.js';
import { SchemaBusy, withSchemaLock } from './schema-lock.js';

/** The time that those get who queued behind a migration while it waited for a table. */
const PAUSE_MS = 2000;

/**
 * Brings the schema to the newest version; safe when several processes start at once, and while services run. Returns
 * the names of the migrations that it ran. Throws SchemaBusy when others are in the way for longer than `waitMs`.
 *
 * A migration that needs a table for itself waits for it no longer than the data source's lock timeout, since everybody
 * else waits behind it. Then it is rolled back, and tried again.
 */
export function migrate(dataSource: DataSource, waitMs: number): Promise<readonly string[]> {
  return withSchemaLock(dataSource, waitMs, async () => {
    const { missing } = await readSchema(dataSource);
    const endsAt = performance.now() + waitMs;
    while (true) {
      try {
        await dataSource.runMigrations({ transaction: 'each' });
        return missing;
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        if (performance.now() >= endsAt) {
          const waited = `${Math.round(waitMs / 1000)} s (MIGRATION_LOCK_TIMEOUT_MS)`;
          throw new SchemaBusy(`others keep a table that a migration needs, for ${waited}`, { cause: error });
        }
        await sleep(PAUSE_MS);
      }
    }
  });
}
