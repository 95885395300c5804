import { describe, expect, test } from 'vitest';
import { readTree } from './source.js';

/** One way to write what can be written in several. Biome holds the rest. */
const files = readTree('src', 'bench', 'tools', 'test');

test('there are files to read', () => {
  expect(files.length).toBeGreaterThan(500);
});

const uses = [
  {
    rule: 'what is private begins with #, and only constructors say `private`',
    pattern: /(?:^\s*|[(,]\s*)(?:private|protected)\s(?!constructor\()/,
  },
];

describe.each(uses)('$rule', ({ pattern }) => {
  test('everywhere', () => {
    const found = files.flatMap(({ path, lines }) =>
      lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
