import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, ConfigError, loadConfig } from '../../src/config.js';
import { projectRoot } from '../support/process.js';
import { readTree } from './source.js';

/** A variable's row of the table in docs/operations.md. A row that names several variables becomes one for each. */
interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly bounds: string;
  readonly text: string;
}

const page = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
const rows = [...page.matchAll(/^\| (`[A-Z][A-Z_]+`[^|]*) \| ([^|]*) \| ([^|]*?) ?\| ([^|]*) \|$/gm)].flatMap(
  ([, names, fallbacks, bounds, text]): Row[] => {
    const all = [...names!.matchAll(/`([A-Z_]+)`/g)];
    return all.map(([, name], i) => ({
      name: name!,
      fallback: nth(fallbacks!, i, all.length),
      bounds: nth(bounds!, i, all.length),
      text: text!,
    }));
  },
);

/** One variable's value in a cell that has a value for each variable, or one for all. */
function nth(cell: string, index: number, of: number): string {
  const parts = cell.split(', ');
  return parts.length === of ? parts[index]! : cell;
}

/** The names of all variables that the configuration reads: the proxy notes each look-up. */
function variablesAskedFor(): string[] {
  const asked = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => void asked.add(String(name)), has: () => false },
  );
  loadConfig(env);
  return [...asked].sort();
}

/** The fault that the configuration finds in a value that is not valid; empty where any text is valid. */
function faultOf(name: string): string {
  try {
    loadConfig({ [name]: 'not-a-value' });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.find((fault) => fault.startsWith(`${name}:`)) ?? '';
    throw error;
  }
  return '';
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Parts of the configuration whose settings have the names of their variables without the prefix. */
const parts = ['jwt', 'otel'] as const;

function prefixed(config: Config, part: (typeof parts)[number]): Record<string, unknown> {
  const properties = Object.entries(config[part]);
  return Object.fromEntries(
    properties.map(([name, value]) => [`${part}${name[0]!.toUpperCase()}${name.slice(1)}`, value]),
  );
}

/** The default, as the environment would spell it; undefined where there is none. */
function defaultOf(name: string): string | undefined {
  const config = loadConfig({});
  const key = camelCase(name);
  const places: Record<string, unknown>[] = [{ ...config }, { ...config.limits }];
  for (const part of parts) {
    if (name.startsWith(`${part.toUpperCase()}_`)) places.push(prefixed(config, part));
  }
  const value = places.find((place) => key in place)?.[key];
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',');
  return value === undefined ? undefined : String(value);
}

test('docs/operations.md has a row for every variable, and for nothing else', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(variablesAskedFor());
});

test('docs/runbook.md says what each limit is for', () => {
  const runbook = readFileSync(join(projectRoot, 'docs/runbook.md'), 'utf8');
  const section = runbook.split(/^## /m).find((part) => part.startsWith('What each limit is for'));
  const limits = variablesAskedFor().filter((name) => camelCase(name) in loadConfig({}).limits);
  expect(limits.filter((name) => !section!.includes(`\`${name}\``))).toEqual([]);
});

describe.each(rows)('$name', ({ name, fallback, bounds, text }) => {
  const fault = faultOf(name);

  test('bounds', () => {
    const [, min, max] = /from (\d+) to (\d+)/.exec(fault) ?? [];
    expect(bounds).toBe(min === undefined ? '' : `${min} to ${max}`);
  });

  test('choices', () => {
    const [, choices] = /must be one of (.*), not/.exec(fault) ?? [];
    const said = `${fallback} ${text}`;
    expect((choices?.split(', ') ?? []).filter((choice) => !said.includes(`\`${choice}\``))).toEqual([]);
  });

  test('default', () => {
    // A path, which the configuration has made absolute.
    if (name === 'DATA_DIR') return expect(defaultOf(name)).toBe(join(process.cwd(), '.holdfast'));
    const value = defaultOf(name);
    const says = value === undefined ? /^(?:none\b|kept in `DATA_DIR`)/ : new RegExp(`^\`${value}\``);
    expect(fallback).toMatch(says);
  });
});

describe('a value keeps one name from the environment to its use', () => {
  const config = loadConfig({});
  /** They follow from HOST, so no variable sets them. */
  const derived = ['exposed', 'everywhere'];
  const properties = [
    ...Object.keys(config).filter((name) => ![...parts, 'tls', 'limits', ...derived].includes(name)),
    ...Object.keys(config.limits),
    ...parts.flatMap((part) => Object.keys(prefixed(config, part))),
  ];

  test('a property is named after its variable', () => {
    // The configuration has the contents of the TLS files, not their paths, and the password becomes part of the URL.
    const variables = variablesAskedFor().filter((name) => !/^TLS_\w+_FILE$|^DATABASE_PASSWORD/.test(name));
    expect(properties.sort()).toEqual(variables.map(camelCase).sort());
  });

  // Other names are allowed where a value goes to a library, or becomes the bound of another part.
  const given = [
    'auth/authenticator.ts: max: credentialCacheMax',
    'service/hold-ttl.ts: max: credentialCacheMax',
    'store/connection/data-source.ts: poolSize: poolConnectionsMax',
    'store/connection/data-source.ts: connectTimeoutMS: connectTimeoutMs',
    'store/connection/data-source.ts: statement_timeout: statementTimeoutMs',
    'store/connection/data-source.ts: lock_timeout: lockTimeoutMs',
    'store/connection/data-source.ts: query_timeout: statementTimeoutMs',
    'store/connection/data-source.ts: idle_in_transaction_session_timeout: statementTimeoutMs',
    'transport/http/connections/listener.ts: keepAliveTimeout: httpKeepAliveMs',
    // The transcoder is a library with names of its own.
    'transport/http/rest/rest.ts: bodyTimeoutMs: requestTimeoutMs',
    'transport/http/rest/rest.ts: stalledMs: streamStalledMs',
    'transport/http/rest/rest.ts: heartbeatMs: streamHeartbeatMs',
    // Each data source has one pool, and reads have a separate data source.
    'database.ts: poolConnectionsMax: readPoolConnectionsMax',
    // Each stream waits for one read at most.
    'app/read-pools.ts: readsWaitingMax: streamsMax',
    'engine/engine-limits.ts: rowWaitMaxMs: lockTimeoutMs',
    'engine/engine.ts: linesMax: batchCommandsMax',
  ];

  test('callers pass it on under the same name', () => {
    const limits = Object.keys(config.limits).join('|');
    const others =
      'batchScope|corsOrigins|publicUrl|dataDir|httpPort|grpcPort|metricsPort|reflection|jwksStaleMaxMs';
    const handed = new RegExp(String.raw`\b(\w+): [\w.#]*\.(${limits}|${others})\b`, 'g');
    const renamed = readTree('src').flatMap(({ path, text }) =>
      [...text.matchAll(handed)]
        .filter(([, name, value]) => name !== value)
        .map(([, name, value]) => `${path.slice('src/'.length)}: ${name}: ${value}`),
    );
    expect(renamed).toContain('database.ts: poolConnectionsMax: readPoolConnectionsMax');
    expect(renamed.filter((line) => !given.includes(line))).toEqual([]);
  });
});
