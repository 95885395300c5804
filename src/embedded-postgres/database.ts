import { createHmac } from 'node:crypto';
import pg from 'pg';
import { SUPERUSER } from './cluster.js';

const DATABASE = 'holdfast';
const MAINTENANCE_DATABASE = 'postgres';
/** The role of the service: it owns its database and everything in it, and has no other rights. */
const SERVICE_ROLE = 'holdfast_service';
const CONNECT_TIMEOUT_MS = 10_000;

/** The URL for the service. */
export function serviceUrl(port: number, password: string): string {
  return urlOf(port, SERVICE_ROLE, servicePassword(password), DATABASE);
}

/**
 * The URL for tasks that need a superuser: the service's role and database, and tests that create their own databases.
 */
export function adminUrl(port: number, password: string, name: string = DATABASE): string {
  return urlOf(port, SUPERUSER, password, name);
}

/** `sslmode=disable` keeps PGSSLMODE in the environment from taking effect. */
function urlOf(port: number, user: string, password: string, name: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${name}?sslmode=disable`;
}

/** Derived from the superuser's, so that only one needs to be stored. Does not reveal it. */
function servicePassword(password: string): string {
  return createHmac('sha256', password).update(SERVICE_ROLE).digest('base64url');
}

/**
 * Checks that the server accepts connections, and creates the service's role and database if needed. Objects of the
 * superuser there become the service's: they are from before it had its own role, or were restored since. The caller
 * holds the lock.
 */
export async function ensureDatabase(port: number, password: string): Promise<void> {
  await as(adminUrl(port, password, MAINTENANCE_DATABASE), async (client) => {
    const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [SERVICE_ROLE]);
    if (role.rowCount === 0) {
      const secret = pg.escapeLiteral(servicePassword(password));
      await client.query(
        `CREATE ROLE ${SERVICE_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD ${secret}`,
      );
    }
    const found = await client.query<{ owner: string }>(
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [DATABASE],
    );
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${SERVICE_ROLE}`);
    else if (found.rows[0]!.owner !== SERVICE_ROLE) {
      await client.query(`ALTER DATABASE ${DATABASE} OWNER TO ${SERVICE_ROLE}`);
    }
  });
  await as(adminUrl(port, password), handOver);
}

/** Changes the owner of each object in the schema: the first superuser's objects cannot be reassigned all together. */
async function handOver(client: pg.Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE
      object text;
    BEGIN
      FOR object IN
        SELECT format('TABLE %s', c.oid::regclass)
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> '${SERVICE_ROLE}'::regrole
           AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        UNION ALL
        -- The owner of a column's sequence follows its table.
        SELECT format('SEQUENCE %s', c.oid::regclass)
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> '${SERVICE_ROLE}'::regrole
           AND c.relkind = 'S'
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
        UNION ALL
        SELECT format('ROUTINE %s', p.oid::regprocedure)
          FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> '${SERVICE_ROLE}'::regrole
        UNION ALL
        SELECT format('TYPE %s', t.oid::regtype)
          FROM pg_type t
         WHERE t.typnamespace = 'public'::regnamespace AND t.typowner <> '${SERVICE_ROLE}'::regrole
           AND t.typtype IN ('e', 'd')
      LOOP
        EXECUTE format('ALTER %s OWNER TO ${SERVICE_ROLE}', object);
      END LOOP;
    END $$`);
}

async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection may also break between statements; without a listener, that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
