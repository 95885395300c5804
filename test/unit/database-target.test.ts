import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type DatabaseTarget, readDatabaseTarget } from '../../src/database-target.js';

const CA = fileURLToPath(new URL('../support/tls/ca.crt', import.meta.url));
const login = { user: 'u', password: 'p', database: 'd' };
const one = (host: string | undefined, port?: number): Partial<DatabaseTarget> => ({
  hosts: [{ host, port }],
});

describe('what a URL says', () => {
  test.each<[string, Partial<DatabaseTarget>]>([
    [
      'postgresql://u:p@db:5433/d',
      { ...login, ...one('db', 5433), session: 'any', tls: undefined, options: undefined },
    ],
    ['postgres://db', { ...one('db'), user: undefined, password: undefined, database: undefined }],
    [
      'postgresql://u:p%40%2F%23%25@[::1]:5433/d%20d',
      { password: 'p@/#%', database: 'd d', ...one('::1', 5433) },
    ],
    ['postgresql://u:a@b@db/d', { user: 'u', password: 'a@b', ...one('db') }],
    // Several, in order, each with its port, or one port for all.
    [
      'postgresql://u:p@a:1,b,[::1]:3/d?target_session_attrs=read-write',
      {
        ...login,
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: undefined },
          { host: '::1', port: 3 },
        ],
        session: 'read-write',
      },
    ],
    [
      'postgresql:///d?host=a,b&port=7',
      {
        hosts: [
          { host: 'a', port: 7 },
          { host: 'b', port: 7 },
        ],
      },
    ],
    // Sockets, in each of the ways to write them; TLS does not go over them.
    ['postgresql:///d?host=/run/postgresql', { ...one('/run/postgresql'), tls: false }],
    [
      'postgresql://u@/d?host=/run/pg&port=5433&sslmode=require',
      { user: 'u', ...one('/run/pg', 5433), tls: false },
    ],
    ['postgresql://%2Frun%2Fpostgresql/d', { ...one('/run/postgresql'), database: 'd' }],
    ['postgresql:///?user=u&password=p&dbname=d', { ...login, ...one(undefined) }],
    ['postgresql://db/d?options=-c%20geqo%3Doff+-c+work_mem=5MB', { options: '-c geqo=off -c work_mem=5MB' }],
    ['postgresql://db/d?application_name=x&connect_timeout=3&channel_binding=prefer', one('db')],
    // TLS
    ['postgresql://db/d?sslmode=disable', { tls: false }],
    ['postgresql://db/d?sslmode=require', { tls: { rejectUnauthorized: false } }],
    ['postgresql://db/d?sslmode=no-verify', { tls: { rejectUnauthorized: false } }],
    ['postgresql://db/d?sslmode=verify-full', { tls: {} }],
    ['postgresql://db/d?sslmode=verify-full&sslrootcert=system', { tls: {} }],
    ['postgresql://db/d?ssl=true', { tls: {} }],
    ['postgresql://db/d?ssl=0', { tls: false }],
    [`postgresql://db/d?sslmode=verify-full&sslrootcert=${CA}`, { tls: { ca: expect.any(Buffer) } }],
    // As in libpq, a CA that is given is used for checks.
    [
      `postgresql://db/d?sslmode=require&sslrootcert=${CA}`,
      { tls: { ca: expect.any(Buffer), checkServerIdentity: expect.any(Function) } },
    ],
    [
      `postgresql://db/d?sslmode=verify-ca&sslrootcert=${CA}`,
      { tls: { ca: expect.any(Buffer), checkServerIdentity: expect.any(Function) } },
    ],
  ])('%s', (url, expected) => {
    expect(readDatabaseTarget(url)).toMatchObject(expected);
  });
});

describe('what cannot be read', () => {
  test.each<[string, string | RegExp]>([
    ['mysql://db', /^must be postgresql:/],
    ['postgresql:db', /^must be postgresql:/],
    ['postgresql://a:5432x/d', /hosts/],
    ['postgresql://a:0/d', /ports/],
    ['postgresql://a:65536/d', /ports/],
    ['postgresql://a,b,c/d?port=1,2', /one port/],
    [`postgresql://${'a,'.repeat(16)}a/d`, /at most 16/],
    ['postgresql://a/d?target_session_attrs=master', /target_session_attrs as one of any, read-write/],
    // The driver cannot fall back to cleartext, as `prefer` asks.
    ['postgresql://a/d?sslmode=prefer', /sslmode as one of disable/],
    ['postgresql://a/d?sslmode=verify-ca', /sslrootcert=FILE/],
    ['postgresql://a/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem', /^sslrootcert: ENOENT/],
    ['postgresql://a/d?channel_binding=require', /parameter channel_binding/],
    ['postgresql://a/d?sslcrl=x', /parameter sslcrl/],
    ['postgresql://a/d?secret', /^has a parameter, which/],
    ['postgresql://a/d?options=%f', /%/],
  ])('%s: %s', (url, fault) => {
    expect(() => readDatabaseTarget(url)).toThrow(fault);
  });
});
