import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** As a role that may do no more than deploy/postgres/runtime-role.sql grants. */
  readonly runtimeUrl: string;
  /** Runs one statement on a connection that no service uses. What a statement sets for its session may outlive it. */
  query<T extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  drop(): Promise<void>;
}

/** A separate database for a test file, with the newest schema and no rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl');
  const template = new URL(templateUrl).pathname.slice(1);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const maintenance = withDatabase(templateUrl, 'postgres');
  await run(maintenance, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = withDatabase(templateUrl, name);
  const runtimeUrl = Object.assign(new URL(url), { username: 'holdfast_runtime', password: 'runtime' });
  const pool = openPool(url);
  return {
    url,
    runtimeUrl: runtimeUrl.toString(),
    query: async <T extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
      (await pool.query<T>(sql, values)).rows,
    drop: async () => {
      const ended = pool.end();
      await run(maintenance, `DROP DATABASE ${name} WITH (FORCE)`);
      await ended;
    },
  };
}

/**
 * Keeps connections from one statement to the next: to open one costs far more than most statements. They close after a
 * short pause, so that later statements see what a test has changed for new connections.
 */
function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, idleTimeoutMillis: 100, allowExitOnIdle: true });
  // A test may end all connections; the next statement opens another one.
  pool.on('error', () => {});
  return pool;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
