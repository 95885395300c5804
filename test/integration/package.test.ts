import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import {
  cleanUpProcesses,
  onDatabase,
  projectRoot,
  spawnHoldfast,
  untilServing,
} from '../support/process.js';

let packed: string[];
let folder: string;
let database: TestDatabase;

/** Copies the files of the package alone. Its dependencies are links into this checkout, so no registry is asked. */
beforeAll(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: projectRoot,
    maxBuffer: 16 * 1024 * 1024,
  });
  packed = filesOf(JSON.parse(stdout));
  folder = await mkdtemp(join(tmpdir(), 'holdfast-package-'));
  for (const path of packed) await cp(join(projectRoot, path), join(folder, path));
  // Without the dependencies that only building and testing need.
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(projectRoot, 'node_modules', name), link);
  }
  database = await createTestDatabase();
});
afterAll(async () => {
  await cleanUpProcesses();
  await database?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** npm prints a list of packages; newer versions print an object by name. */
function filesOf(answer: object): string[] {
  const [described] = Object.values(answer) as { files: { path: string }[] }[];
  return described!.files.map(({ path }) => path).sort();
}

test('npm pack takes what runs, and nothing else', async () => {
  const sources = (await readdir(join(projectRoot, 'src'), { recursive: true })).filter((path) =>
    path.endsWith('.ts'),
  );
  expect(packed).toEqual(
    [
      'LICENSE',
      'README.md',
      'bin/holdfast.js',
      'docs/errors.md',
      'docs/grpc-service-config-with-keys.json',
      'docs/grpc-service-config.json',
      'docs/openapi-merchants.json',
      'docs/openapi.json',
      'docs/openapi-merchants.yaml',
      'docs/openapi.yaml',
      'package.json',
      ...sources.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`),
    ].sort(),
  );
});

test('what was packed serves, with its documents', async () => {
  const service = await untilServing(
    spawnHoldfast(['serve'], onDatabase(database.url), join(folder, 'bin/holdfast.js')),
  );
  const paths = [
    '/readyz',
    '/docs',
    '/docs/errors',
    '/openapi.json',
    '/openapi.yaml',
    '/openapi-merchants.json',
    '/grpc-service-config.json',
  ];
  const statuses = await Promise.all(
    paths.map(async (path) => [path, (await fetch(service.httpUrl + path)).status]),
  );
  expect(statuses).toEqual(paths.map((path) => [path, 200]));
  expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
});
