import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

const git = (...args: string[]): string[] =>
  execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n');

test('only configuration that a tool looks for at the top is there', () => {
  const top = git('ls-files', ...['json', 'y*ml', 'toml', '*js', '*ts'].map((end) => `:(glob)*.${end}`));
  expect(top.sort()).toEqual([
    'biome.json',
    'buf.gen.yaml',
    'buf.yaml',
    'docker-compose.yml',
    'package-lock.json',
    'package.json',
    'tsconfig.build.json',
    'tsconfig.json',
    'vitest.config.ts',
  ]);
});

test('generated files are marked as such in .gitattributes', () => {
  const list = readFileSync(join(projectRoot, 'tools/check-generated.ts'), 'utf8');
  const paths = [.../const paths = \[(.*?)\];/s.exec(list)![1]!.matchAll(/'([^']+)'/g)].map(
    ([, path]) => path!,
  );
  expect(paths).toContain('src/gen');
  const files = git('ls-files', ...paths);
  const marked = git('check-attr', 'linguist-generated', ...files);
  expect(marked.filter((line) => !line.endsWith(': set'))).toEqual([]);
});
