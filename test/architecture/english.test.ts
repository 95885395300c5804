import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

/** Turns that plain present-day English does not use, and what to write instead. */
const turns: readonly (readonly [turn: string, pattern: RegExp, instead: string])[] = [
  ['anew', /\banew\b/gi, 'again, or a verb with re-'],
  ['is none', /(?<!\bthere )\b(?:is|are) none\b/gi, 'is not one, is not valid'],
  ['is no more', /\bis no more(?=[,.;:])/gi, 'is gone, has ended'],
  ['so long', /\bso long\b/gi, 'as long as, this long, long enough'],
  ['whoever', /\bwho(?:m|so)?ever\b/gi, 'those who, callers who, the process that'],
  ['beside', /\bbeside\b/gi, 'next to, besides, along with'],
  ['for ever', /\bfor ever\b/gi, 'forever, permanently'],
];

const written = /\.(?:ts|js|md|proto|ya?ml|txt|sh)$/;
const exempt = [
  /^(?:src|test)\/gen\//,
  /^test\/golden\//,
  /^docs\/openapi\./,
  /^test\/architecture\/english\.test\.ts$/,
];

const files = execFileSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((path) => written.test(path) && !exempt.some((pattern) => pattern.test(path)))
  // A turn may run over the end of a line of a comment.
  .map((path) => ({ path, text: read(path).replace(/\n\s*(?:\*|\/\/|#)?\s*/g, ' ') }));

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

test('there are files to read', () => {
  expect(files.length).toBeGreaterThan(100);
});

describe('plain present-day English', () => {
  test.each(turns)('not "%s"', (_, pattern, instead) => {
    const found = files.flatMap(({ path, text }) =>
      [...text.matchAll(pattern)].map(({ index }) => `${path}: … ${text.slice(index - 40, index + 40)} …`),
    );
    expect(found, `write: ${instead}`).toEqual([]);
  });
});
