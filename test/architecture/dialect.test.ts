import { describe, expect, test } from 'vitest';
import { readTree } from './source.js';

/** One way to write what can be written in several. Biome checks the rest, such as how long a function may be. */
const code = readTree('src', 'bench', 'tools');
const all = [...code, ...readTree('test')];
const source = code.filter(({ path }) => path.startsWith('src/'));

type Files = typeof code;

const found = (files: Files, pattern: RegExp): string[] =>
  files.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([use]) => `${path}: ${use}`));

test('there are files to read', () => {
  expect(all.length).toBeGreaterThan(500);
});

test.each<[string, Files, RegExp]>([
  [
    'what is private begins with #, and only constructors say `private`',
    all,
    /(?:^\s*|[(,]\s*)(?:private|protected)\s(?!constructor\().*/gm,
  ],
  [
    'a number or a text at the top of a file is a CONSTANT',
    code,
    /^(?:export )?const [a-z]\w*(?:: \w+)? =\s(?:'[^'\n]*'|"[^"\n]*"|`[^`]*`|(?:-?\d[\w.]*|[A-Z_\d]{2,}|[-+*() ]|\/ )+);/gm,
  ],
  ['what a function names is no CONSTANT', code, /^ +const [A-Z][A-Z\d_]+\b.*/gm],
  [
    'one race against a clock: inTime. A transaction races its own start',
    source.filter(
      ({ path }) => !['src/timing/in-time.ts', 'src/store/connection/transaction.ts'].includes(path),
    ),
    /Promise\.race\b/g,
  ],
  [
    'one backoff: backoffMs',
    source.filter(({ path }) => path !== 'src/timing/backoff.ts'),
    /\b2 \*\* [(a-z]\w*|\w*(?:Ms|delay|wait) \*= \d/gi,
  ],
])('%s', (_, files, pattern) => {
  expect(found(files, pattern)).toEqual([]);
});

describe('casts, which the compiler takes on trust: their number may only go down', () => {
  const casts = /(?<!^ *(?:\/\/|\*|\/\*).*)[\w)\]}>!] as (?!const\b)[A-Za-z{(]+(?=[^'`\n]*\n)/gm;

  test.each<[string, number, RegExp]>([
    ['to another type', 136, casts],
    ['to a type that has nothing to do with it', 37, / as (?:unknown as|never)\b/g],
  ])('%s', (_, max, pattern) => {
    const used = found(source, pattern);
    expect(used.length, used.join('\n')).toBeLessThanOrEqual(max);
  });
});

test('each prepared statement has a name of its own', () => {
  const names = source
    .filter(({ path }) => /^src\/(?:store|engine|service)\//.test(path))
    .flatMap(({ text }) =>
      [...text.matchAll(/\bname: ['`]([^'`]+)['`],\s+text\b/g)].map(([, name]) => name!),
    );
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
