import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeReader, MarkdownReader, stepsOfPage } from '../support/markdown-page.js';
import { projectRoot } from '../support/process.js';

const steps = stepsOfPage('docs/clients.md');
const named = steps.map((step) => {
  const what = step.kind === 'file' ? step.path : step.script.split('\n')[0]!;
  return [step.line, what, step] as const;
});

let reader: MarkdownReader;
beforeAll(async () => {
  // Where grpcurl is not installed, buf makes its calls.
  reader = await MarkdownReader.start(join(projectRoot, 'test/support/bin'));
});
afterAll(() => closeReader(reader));

describe('docs/clients.md goes as it says', () => {
  test.each(named)('line %d: %s', async (_line, _what, step) => {
    await reader.follow(step);
  });
});

test('each client is there, and no more is left out than the tools of other languages', () => {
  const runs = steps.filter((step) => step.kind === 'run');
  for (const command of ['curl -s -X', 'grpcurl', 'npx buf curl', 'node ', 'npx tsx', 'npx buf build']) {
    expect(runs.some(({ script, how }) => script.startsWith(command) && how === 'succeeds')).toBe(true);
  }
  expect(runs.filter(({ how }) => how === 'not-run').map(({ script }) => script.split(' ')[0])).toEqual([
    // The client package and Connect-ES in another project, Postman's converter, Python, Go.
    'npm',
    'npx',
    'npm',
    'python3',
    'go',
  ]);
  // The page shows the output of each step that succeeds, unless the step only makes files.
  const silent = runs.filter(({ how, output }) => how !== 'not-run' && output === undefined);
  expect(silent.map(({ script }) => script.split(' ').slice(0, 3).join(' '))).toEqual([
    'TOKEN=$(node -p \'require("./.holdfast/demo.json").token\')\nKEY=$(node',
    'npx tsx tools/gather-protos.ts',
    'npx buf generate',
    'npx buf build',
  ]);
});

test('the versions that it names are those that these tests use', () => {
  const page = readFileSync(join(projectRoot, 'docs/clients.md'), 'utf8');
  const named = [...page.matchAll(/(@(?:connectrpc|bufbuild|grpc)\/[\w-]+)@(\d[\w.-]*\w)/g)];
  const installed = named.map(([, name]) => {
    // This project does not need connect-web, which is released together with connect.
    const known = name === '@connectrpc/connect-web' ? '@connectrpc/connect' : name;
    const path = join(projectRoot, 'node_modules', known!, 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  });
  expect(named.length).toBeGreaterThan(6);
  expect(named.map(([, , version]) => version)).toEqual(installed);
});

test('the examples in TypeScript are typed', async () => {
  const examples = steps.flatMap((step) => (step.kind === 'file' ? [step.path] : []));
  const typed = examples.filter((path) => path.endsWith('.ts'));
  expect(typed).toHaveLength(4);
  const options =
    '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node --skipLibCheck';
  const { stdout } = await promisify(execFile)(
    join(projectRoot, 'node_modules/.bin/tsc'),
    [...options.split(' '), ...typed],
    { cwd: reader.folder },
  ).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});
