import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

const git = (...args: string[]): string[] =>
  execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n');

test('what is generated is marked so in .gitattributes', () => {
  const list = readFileSync(join(projectRoot, 'tools/check-generated.ts'), 'utf8');
  const paths = [.../const paths = \[(.*?)\];/s.exec(list)![1]!.matchAll(/'([^']+)'/g)].map(
    ([, path]) => path!,
  );
  expect(paths).toContain('src/gen');
  const files = git('ls-files', ...paths);
  const marked = git('check-attr', 'linguist-generated', ...files);
  expect(marked.filter((line) => !line.endsWith(': set'))).toEqual([]);
});
