import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, ConfigError, loadConfig } from '../../src/config.js';
import { projectRoot } from '../support/process.js';

/** A variable's row of the table in docs/operations.md: rows of several variables are one each here. */
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

/** Of a cell that says one thing for each variable, or one for all. */
function nth(cell: string, index: number, of: number): string {
  const parts = cell.split(', ');
  return parts.length === of ? parts[index]! : cell;
}

/** `TLS_CERT_FILE` is asked for under that name: the environment notes every question. */
function variablesAskedFor(): string[] {
  const asked = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => void asked.add(String(name)), has: () => false },
  );
  loadConfig(env);
  return [...asked].sort();
}

/** What the configuration says of a value that suits no variable. */
function faultOf(name: string): string {
  try {
    loadConfig({ [name]: 'not-a-value' });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.find((fault) => fault.startsWith(`${name}:`)) ?? '';
    throw error;
  }
  return '';
}

/** The default, as the environment would spell it; undefined where the variable is not set unless somebody does. */
function defaultOf(name: string): string | undefined {
  const config = loadConfig({});
  const key = name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const places: Record<string, unknown>[] = [{ ...config }, { ...config.limits }];
  if (name.startsWith('JWT_')) {
    const inJwt = key.slice(3);
    places.push({ [key]: config.jwt[(inJwt[0]!.toLowerCase() + inJwt.slice(1)) as keyof Config['jwt']] });
  }
  const value = places.find((place) => key in place)?.[key];
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',');
  return value === undefined ? undefined : String(value);
}

test('docs/operations.md has a row for every variable, and for nothing else', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(variablesAskedFor());
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
