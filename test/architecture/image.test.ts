import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

interface DockerIgnore {
  add(patterns: string): DockerIgnore;
  ignores(path: string): boolean;
}
const dockerIgnore = createRequire(import.meta.url)('@balena/dockerignore') as () => DockerIgnore;

const read = (name: string): string => readFileSync(join(projectRoot, name), 'utf8');
const ignored = dockerIgnore().add(read('.dockerignore'));
/** Only what git tracks. */
const tracked = execFileSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n');

/** A COPY or ADD, and its stage. */
interface Copy {
  readonly line: string;
  readonly stage: number;
  readonly from: string | undefined;
  readonly sources: readonly string[];
}

const { copies, stages } = readDockerfile(read('Dockerfile'));
const ofContext = copies.filter(({ from }) => from === undefined);
const ofStages = copies.filter(({ from }) => from !== undefined);

describe('what is copied from the context is in the tree, and let through', () => {
  test.each(ofContext.flatMap(({ line, sources }) => sources.map((source) => [source, line] as const)))(
    '%s (%s)',
    (source) => {
      const files = tracked.filter((path) => path === source || path.startsWith(`${source}/`));
      expect(files).not.toEqual([]);
      expect(files.filter((path) => ignored.ignores(path))).toEqual([]);
    },
  );
});

describe('what is copied from a stage is there', () => {
  /** Made by `npm ci`, and by `prepare`, which it runs. */
  const made = ['node_modules', 'dist'];
  test.each(
    ofStages.flatMap(({ line, ...copy }) => copy.sources.map((source) => [source, line, copy] as const)),
  )('%s (%s)', (source, _line, { from, stage }) => {
    const index = stages.indexOf(from!);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(index).toBeLessThan(stage);
    const name = source.replace(/^\/app\//, '');
    const there = ofContext.filter((copy) => copy.stage === index).flatMap(({ sources }) => sources);
    expect([...there, ...made]).toContain(name);
  });
});

test('the build stage has what npm runs there', () => {
  const script = /^node (\S+)$/.exec(JSON.parse(read('package.json')).scripts.prepare)?.[1];
  expect(existsSync(join(projectRoot, script!))).toBe(true);
  expect(
    ofContext.some(({ stage, sources }) => stage === 0 && sources.includes(script!.split('/')[0]!)),
  ).toBe(true);
});

test('the last stage has each file of docs that the service opens', () => {
  const opened = execFileSync(
    'git',
    ['grep', '-hoE', "'[a-z-]+\\.(json|yaml)'", '--', 'src/transport/http'],
    {
      cwd: projectRoot,
      encoding: 'utf8',
    },
  );
  const names = opened
    .trim()
    .split('\n')
    .map((quoted) => `docs/${quoted.slice(1, -1)}`);
  const shipped = ofContext
    .filter(({ stage }) => stage === stages.length - 1)
    .flatMap(({ sources }) => sources);
  expect(names.length).toBeGreaterThanOrEqual(4);
  expect(names.filter((name) => existsSync(join(projectRoot, name)) && !shipped.includes(name))).toEqual([]);
});

test('the health check asks the service that its environment describes', () => {
  const command = JSON.parse(/^HEALTHCHECK.* CMD (\[.*\])$/m.exec(read('Dockerfile'))![1]!) as string[];
  const env = { PATH: process.env.PATH, HTTP_PORT: '0' };
  const check = spawnSync(process.execPath, command.slice(1), { cwd: projectRoot, env, encoding: 'utf8' });
  expect(check).toMatchObject({ status: 1, stdout: 'HTTP_PORT is 0, so nobody knows which port it is\n' });
});

describe('prepare, which npx runs too', () => {
  test.each([
    ['the image: no sources', ['dist/main.js'], 0],
    ['a pruned tree: no compiler', ['dist/main.js', 'src/main.ts'], 0],
    ['neither compiler nor a build', ['src/main.ts'], 1],
    ['nothing', [], 1],
  ])('%s', (_, files, status) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-prepare-'));
    for (const name of ['bin/build.js', ...files]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), name === 'bin/build.js' ? read(name) : 'as it was');
    }
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    const run = spawnSync(process.execPath, [join(folder, 'bin/build.js')], { encoding: 'utf8' });
    expect([run.status, run.stderr !== '']).toEqual([status, status !== 0]);
    if (files.includes('dist/main.js')) {
      expect(readFileSync(join(folder, 'dist/main.js'), 'utf8')).toBe('as it was');
    }
    rmSync(folder, { recursive: true });
  });

  test('a build of these sources is left as it is: a service may be running from it', () => {
    const build = () =>
      spawnSync(process.execPath, [join(projectRoot, 'bin/build.js')], { encoding: 'utf8' });
    expect(build().status).toBe(0);
    const before = statSync(join(projectRoot, 'dist/main.js')).ino;
    expect(build()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(statSync(join(projectRoot, 'dist/main.js')).ino).toBe(before);
  });
});

function readDockerfile(text: string): { copies: Copy[]; stages: string[] } {
  const copies: Copy[] = [];
  const stages: string[] = [];
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  for (const line of lines) {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    if (/^from$/i.test(instruction)) stages.push(/\sas\s+(\S+)/i.exec(line)?.[1] ?? `${stages.length}`);
    if (!/^(copy|add)$/i.test(instruction)) continue;
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    const paths = words.filter((word) => !word.startsWith('--'));
    // Patterns, lists in JSON and addresses are not understood here; the Dockerfile uses none.
    expect(line).not.toMatch(/[*?[\]]|:\/\//);
    const sources = paths.slice(0, -1).map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''));
    copies.push({ line, stage: stages.length - 1, from, sources });
  }
  return { copies, stages };
}
