import { readDatabaseTarget, UnreadableDatabaseUrl } from './database-target.js';
import type { EnvironmentReader } from './environment.js';

const PASSWORD_HINT =
  '; in its password, write @ / # % as %40 %2F %23 %25, or set DATABASE_PASSWORD to the unencoded password';

/** Where the database is, for what. */
export interface DatabaseUrls {
  /** Undefined: an embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Where reads go that may be older than the last change, such as to a standby; undefined: with all others. */
  readonly databaseReadUrl: string | undefined;
  /** Where the schema is changed, if not over `databaseUrl`: as another account, or past a pooler. */
  readonly migrationsDatabaseUrl: string | undefined;
  /** Where services tell each other of changes, if not over `databaseUrl`: past a pooler. */
  readonly listenDatabaseUrl: string | undefined;
  /** The service brings the schema up to date before it serves. Default: on the embedded database only. */
  readonly migrateOnStart: boolean;
}

export function readDatabaseUrls(read: EnvironmentReader, faults: string[]): DatabaseUrls {
  const databaseUrl = readDatabaseUrl(read, faults, 'DATABASE_URL');
  faults.push(...passwordFaults(read, databaseUrl));
  const migrates = read.isSet('DATABASE_URL') ? 'off' : 'on';
  return {
    databaseUrl,
    databaseReadUrl: readFurtherDatabaseUrl(read, faults, 'DATABASE_READ_URL'),
    migrationsDatabaseUrl: readFurtherDatabaseUrl(read, faults, 'MIGRATIONS_DATABASE_URL'),
    listenDatabaseUrl: readFurtherDatabaseUrl(read, faults, 'LISTEN_DATABASE_URL'),
    migrateOnStart: read.oneOf('MIGRATE_ON_START', ['on', 'off'] as const, migrates) === 'on',
  };
}

/**
 * A variable with a database's URL, with the password of DATABASE_PASSWORD in it: a URL's password is percent-encoded, the
 * other is not.
 */
function readDatabaseUrl(read: EnvironmentReader, faults: string[], name: string): string | undefined {
  const url = read.text(name);
  const password = read.text('DATABASE_PASSWORD');
  if (url === undefined) return undefined;
  try {
    const target = readDatabaseTarget(url);
    if (password === undefined || target.password !== undefined) return url;
    if (target.user === undefined) faults.push(`DATABASE_PASSWORD: needs a user in ${name}`);
    return withPassword(url, password);
  } catch (error) {
    if (!(error instanceof UnreadableDatabaseUrl)) throw error;
    faults.push(`${name}: ${error.message}${error.maybeOfPassword ? PASSWORD_HINT : ''}`);
    return undefined;
  }
}

/** A URL for something that goes to DATABASE_URL otherwise. */
function readFurtherDatabaseUrl(read: EnvironmentReader, faults: string[], name: string): string | undefined {
  if (read.isSet(name) && !read.isSet('DATABASE_URL')) faults.push(`${name}: needs DATABASE_URL`);
  return readDatabaseUrl(read, faults, name);
}

/** DATABASE_PASSWORD is for all URLs that have none. */
function passwordFaults(read: EnvironmentReader, url: string | undefined): string[] {
  if (!read.isSet('DATABASE_PASSWORD')) return [];
  if (!read.isSet('DATABASE_URL')) return ['DATABASE_PASSWORD: needs DATABASE_URL'];
  return url === undefined || readDatabaseTarget(url).password === read.text('DATABASE_PASSWORD')
    ? []
    : ['DATABASE_URL and DATABASE_PASSWORD: only one of the two can have a password'];
}

function withPassword(url: string, password: string): string {
  const encoded = encodeURIComponent(password);
  const [, scheme, login, rest] = /^(\w+:\/\/)(?:([^/?#]*)@)?(.*)$/s.exec(url)!;
  if (login !== undefined && login !== '') return `${scheme}${login.replace(/:$/, '')}:${encoded}@${rest}`;
  // The user is a parameter.
  return `${url}${url.includes('?') ? '&' : '?'}password=${encoded}`;
}
