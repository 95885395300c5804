import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config.js';
import { openDatabase } from '../../src/database.js';
import { prepareCluster, readPassword } from '../../src/embedded-postgres/cluster.js';
import { adminUrl, ensureDatabase, serviceUrl } from '../../src/embedded-postgres/database.js';
import { prepareLayout } from '../../src/embedded-postgres/layout.js';
import { ensureServer, stopServer } from '../../src/embedded-postgres/server/server.js';
import { makeRunFolder } from './run-folder.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database with the newest schema and no rows; never connected to, only cloned. */
    templateUrl: string;
    /** Where tests make databases. The run removes it at its end. */
    runFolder: string;
    /** A DATA_DIR with a database that was made and never used; only copied. */
    madeDataDir: string;
  }
}

/** One real PostgreSQL for the whole run; each test file clones the migrated database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = makeRunFolder();
  const [dataDir, madeDataDir] = [join(folder, 'data'), join(folder, 'made')];
  await prepareCluster(await prepareLayout(dataDir), () => {});
  execFileSync('cp', ['-a', dataDir, madeDataDir]);
  const postgres = await startPostgres(dataDir);
  const silent = { info: () => {}, warn: () => {} };
  const config = loadConfig({ DATABASE_URL: postgres.url, JWT_SECRET: 'x'.repeat(32) });
  await (await openDatabase(config, silent, { migrates: true })).close();
  await prepareRoles(postgres.adminUrl);
  // Tests create databases, which needs the superuser.
  project.provide('templateUrl', postgres.adminUrl);
  project.provide('runFolder', folder);
  project.provide('madeDataDir', madeDataDir);
  return async () => {
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * These override the service's own settings. Nothing in this database has to survive a crash of the machine. Each
 * database that is dropped causes a checkpoint, after which every page would be logged in full again. Each of the many
 * connections hashes its password, here in one iteration instead of thousands.
 */
const settings = [
  'fsync=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'scram_iterations=1',
  // Tests truncate tables, which looks through all of them.
  'shared_buffers=128MB',
];

/** The embedded PostgreSQL, with these settings and without a process that watches it. */
async function startPostgres(
  dataDir: string,
): Promise<{ url: string; adminUrl: string; close(): Promise<void> }> {
  const layout = await prepareLayout(dataDir);
  const more = settings.flatMap((setting) => ['-c', setting]);
  const prepare: Parameters<typeof ensureServer>[1] = async () => {
    const { binaries, launcher } = await prepareCluster(layout, () => {});
    return { binaries, launcher: (command, args) => launcher(command, [...args, ...more]) };
  };
  const { process, port } = await ensureServer(layout, prepare, undefined);
  const password = await readPassword(layout);
  await ensureDatabase(port, password);
  return {
    url: serviceUrl(port, password),
    adminUrl: adminUrl(port, password),
    close: () => stopServer(process),
  };
}

/**
 * Creates the role for a runtime as operators do: the clones have its grants, too. Hashes the superuser's password again,
 * in one iteration.
 */
async function prepareRoles(adminUrl: string): Promise<void> {
  const { username, password } = new URL(adminUrl);
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
  await client.query(`CREATE ROLE holdfast_runtime LOGIN PASSWORD 'runtime'`);
  await client.query(readFileSync('deploy/postgres/runtime-role.sql', 'utf8'));
  await client.end();
}
