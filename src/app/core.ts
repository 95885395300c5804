import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { type Database, openDatabase, requireScope } from '../database.js';
import { ChangeSignal } from '../service/watch/change-signal.js';
import type { Logger } from '../telemetry/logger.js';
import type { Tracing } from '../telemetry/spans.js';
import { startTracing } from '../telemetry/tracing.js';
import { VERSION } from '../version.js';

/** What every part of the service needs. */
export interface Core {
  readonly database: Database;
  readonly dataSource: DataSource;
  readonly changes: ChangeSignal;
  /** Undefined: tracing is not configured. */
  readonly tracing: Tracing | undefined;
  /** To be called when no call is in progress. */
  close(): Promise<void>;
}

/** How long the service waits at its end for the last spans to be sent. */
const LAST_SPANS_MS = 2000;

/** `migrated`: another process of this service has just brought the schema up to date. */
export async function openCore(config: Config, logger: Logger, { migrated = false } = {}): Promise<Core> {
  const database = await openDatabase(config, logger, { migrates: config.migrateOnStart && !migrated });
  const { dataSource } = database;
  await requireScope(database, config).catch((error) => database.close().then(() => Promise.reject(error)));
  if (database.migrations.length > 0) logger.info({ migrations: database.migrations }, 'schema migrated');
  const tracing = await startTracing(config.otel, VERSION, logger);
  const channel = database.openChanges((merchantId) => changes.wake(merchantId));
  const changes = new ChangeSignal(channel);
  const close = async (): Promise<void> => {
    changes.close();
    await database.close();
    await tracing?.stop(LAST_SPANS_MS);
  };
  return { database, dataSource, changes, tracing, close };
}
