import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** A unit test is in the same folder as its subject, so that both are easy to find. */
const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

const tests = files('test/unit');

test('each folder of unit tests is a folder of the source', () => {
  expect(tests.length).toBeGreaterThan(50);
  expect(tests.filter((file) => !existsSync(join('src', dirname(file))))).toEqual([]);
});

test('a unit test that is named after a source file lies in the same folder', () => {
  const folders = new Map<string, string[]>();
  for (const file of files('src')) {
    const name = basename(file, '.ts');
    folders.set(name, [...(folders.get(name) ?? []), dirname(file)]);
  }
  const astray = tests.filter((file) => {
    const subjects = folders.get(basename(file, '.test.ts')) ?? [];
    const [area] = file.split('/');
    const inArea = subjects.filter((folder) => folder.split('/')[0] === area);
    return inArea.length > 0 && !inArea.includes(dirname(file));
  });
  expect(astray).toEqual([]);
});
