import { randomBytes } from 'node:crypto';
import { readDatabaseTarget } from '../../database-target.js';
import { clientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';

/** A pooler between us and the server, which gives each transaction to any of its own connections. */
export interface Pooler {
  /** It prepares statements on each connection where they are used: PgBouncer 1.21 with max_prepared_statements. */
  readonly keepsStatements: boolean;
}

/**
 * Whether a connection is to a pooler. The process id shows that: since the server's process changes from transaction
 * to transaction, a pooler gives each client a number of its own, by which it can cancel.
 */
export async function isBehindPooler(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid !== client.pid;
}

/**
 * Finds out whether an address leads to a pooler.
 *
 * Sends nothing that a pooler refuses, and leaves nothing on a connection that others use next.
 */
export async function findPooler(url: string, connectTimeoutMs: number): Promise<Pooler | undefined> {
  const client = new PoolClient({
    ...clientConfig(url, { connectTimeoutMs, readOnly: true, options: [] }),
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
    application_name: 'holdfast-search',
  });
  try {
    await client.connect();
    if (!(await isBehindPooler(client))) return undefined;
    if (readDatabaseTarget(url).options !== undefined) {
      throw new Error('options in its URL do not pass a pooler; set them for the role (ALTER ROLE … SET)');
    }
    return { keepsStatements: await keepsStatements(client) };
  } finally {
    await client.end().catch(() => {});
  }
}

/** A pooler that supports prepared statements renames them on the server. Others pass our name on. */
async function keepsStatements(client: PoolClient): Promise<boolean> {
  const name = `holdfast_${randomBytes(6).toString('hex')}`;
  await client.query('BEGIN');
  await client.query({ name, text: 'SELECT 1' });
  const { rows } = await client.query(`SELECT 1 FROM pg_prepared_statements WHERE name = '${name}'`);
  if (rows.length > 0) await client.query(`DEALLOCATE ${name}`);
  await client.query('COMMIT');
  return rows.length === 0;
}
