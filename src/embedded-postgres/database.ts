import { createHmac } from 'node:crypto';
import pg from 'pg';
import { SUPERUSER } from './cluster.js';

const DATABASE = 'holdfast';
const MAINTENANCE_DATABASE = 'postgres';
/** As whom the service works: owner of its database and of all in it, and nothing beyond. */
const SERVICE_ROLE = 'holdfast_service';
const CONNECT_TIMEOUT_MS = 10_000;

/** For the service. */
export function serviceUrl(port: number, password: string): string {
  return urlOf(port, SERVICE_ROLE, servicePassword(password), DATABASE);
}

/** For what needs a superuser: the service's role and database, and tests that make databases of their own. */
export function adminUrl(port: number, password: string, name: string = DATABASE): string {
  return urlOf(port, SUPERUSER, password, name);
}

/** The URL says `sslmode=disable` because PGSSLMODE in the environment would count otherwise. */
function urlOf(port: number, user: string, password: string, name: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${name}?sslmode=disable`;
}

/** Follows from the superuser's, so that one file is all there is to keep, and tells nothing of it. */
function servicePassword(password: string): string {
  return createHmac('sha256', password).update(SERVICE_ROLE).digest('base64url');
}

/**
 * Proves that the server accepts connections, and sees to the service's role and database. What the superuser owns
 * there is handed over: from before the service had a role of its own, or restored since. The caller holds the lock.
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

/** What lies in the schema, one by one: what belongs to the first superuser cannot be reassigned as a whole. */
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
        -- A sequence of a column goes with its table.
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
  // A connection may also break between statements; unheard, that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
