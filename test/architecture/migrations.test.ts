import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

/** The newest migration of 0.2.0, the first release: the rules hold for those after it. */
const BEFORE_THE_RULES = 1_790_200_000_000;

const folder = join(projectRoot, 'src/store/migrations');
const migrations = readdirSync(folder)
  .filter((name) => Number.parseInt(name, 10) > BEFORE_THE_RULES)
  .map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [up = ''] = text.split('async down(');
    const made = [...up.matchAll(/CREATE TABLE (\w+)/g)].map(([, table]) => table!);
    return { name, up, made, contracts: up.includes('raiseMark(') };
  });

/** Indexes that go, as another one stands in for them: the version before finds the same rows by that. */
const replaced: Readonly<Record<string, string[]>> = {
  '1790800000000-holds-by-reference.ts': [
    "replacePrimaryKeyOnline(runner, 'holds'",
    "dropIndexOnline(runner, 'holds_by_reference'",
  ],
};

const found = (up: string, pattern: RegExp): string[] => [...up.matchAll(pattern)].map(([text]) => text);

test('there are migrations to read', () => {
  expect(migrations.length).toBeGreaterThan(4);
});

describe.each(migrations)('$name runs next to the version before', ({ name, up, made, contracts }) => {
  test.skipIf(contracts)('removes and renames nothing', () => {
    const pattern =
      /DROP (?:TABLE|COLUMN|INDEX|CONSTRAINT|NOT NULL)|RENAME|ALTER COLUMN \w+ (?:SET DATA )?TYPE/g;
    expect(found(up, pattern)).toEqual([]);
    expect(found(up, /(?:dropIndexOnline|replacePrimaryKeyOnline)\(runner, '\w+'/g)).toEqual(
      replaced[name] ?? [],
    );
  });

  test('demands nothing of rows that the version before writes', () => {
    expect(found(up, /ADD COLUMN \w+ [^,`]*NOT NULL(?![^,`]*DEFAULT)|SET NOT NULL/g)).toEqual([]);
  });

  test('keeps no writer out for longer than a moment', () => {
    const indexes = [...up.matchAll(/CREATE (?:UNIQUE )?INDEX \w+\s+ON (\w+)/g)].map(([, table]) => table!);
    expect(indexes.filter((table) => !made.includes(table))).toEqual([]);
    expect(found(up, /ADD CONSTRAINT(?![^`]*NOT VALID)/g)).toEqual([]);
  });
});
