import pg from 'pg';
import { superuser } from './cluster.js';

const database = 'holdfast';
const maintenanceDatabase = 'postgres';
const connectTimeoutMs = 10_000;

/** The URL says `sslmode=disable` because PGSSLMODE in the environment would count otherwise. */
export function databaseUrl(port: number, password: string, name: string = database): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${name}?sslmode=disable`;
}

/** Proves that the server accepts connections, and creates the database if it does not have it yet. */
export async function ensureDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl(port, password, maintenanceDatabase),
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A connection may also break between statements; unheard, that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
