import type pg from 'pg';
import { readDatabaseTarget } from '../../database-target.js';
import { givenHost, Servers } from './servers.js';

/** The driver's settings that follow from a database's URL, and the servers that its connections go to. */
export interface PoolClientConfig extends pg.ClientConfig {
  readonly servers: Servers;
}

/**
 * `options`: settings of each session. They come behind the URL's, so that none of those can replace one; the driver itself
 * would put a URL's options in their place.
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
