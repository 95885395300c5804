import type pg from 'pg';
import { readDatabaseTarget } from '../../database-target.js';
import { givenHost, Servers } from './servers.js';

/** The driver's settings for a database's URL, and the servers that its connections go to. */
export interface PoolClientConfig extends pg.ClientConfig {
  readonly servers: Servers;
}

/**
 * `options`: settings of each session. They come after those of the URL, so that the URL cannot replace any. The driver
 * itself would use the URL's options instead of them.
 */
export function clientConfig(
  url: string,
  {
    connectTimeoutMs,
    readOnly,
    options,
  }: { readonly connectTimeoutMs: number; readonly readOnly: boolean; readonly options: readonly string[] },
): PoolClientConfig {
  const target = readDatabaseTarget(url);
  const { user, password, database, tls, directTls } = target;
  const login: pg.ClientConfig = {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(tls === undefined ? {} : { ssl: tls }),
    ...(directTls ? { sslnegotiation: 'direct' } : {}),
  };
  const own = options.map((option) => `-c ${option}`);
  return {
    ...login,
    ...givenHost(target.hosts[0]!),
    options: [target.options ?? '', ...own].join(' ').trim(),
    servers: new Servers({
      target,
      login: { ...login, ...(target.options === undefined ? {} : { options: target.options }) },
      connectTimeoutMs,
      readOnly,
    }),
  };
}
