import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../../test/support/process.js';
import { type Stage, startStage } from './stage.js';

const run = promisify(execFile);
/** Somebody else's project, with the package and its dependencies installed. */
let project: string;
let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.service.seed(stage.merchant.merchantId, { id: 'inv_1', onHandQty: 10, reservedQty: 0 });
  project = await mkdtemp(join(tmpdir(), 'holdfast-client-'));
  const installed = join(project, 'node_modules/holdfast-client');
  await mkdir(installed, { recursive: true });
  // `npm test` has built it.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  await run('npm', pack, { cwd: join(projectRoot, 'clients/typescript') });
  await run('tar', [
    '-xzf',
    join(project, 'holdfast-client-0.2.0.tgz'),
    '--strip-components=1',
    '-C',
    installed,
  ]);
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const name of [
    ...needed,
    'openapi-fetch',
    'openapi-typescript-helpers',
    '@types/node',
    'undici-types',
  ]) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(projectRoot, 'node_modules', name), link);
  }
  await writeFile(join(project, 'package.json'), '{"type": "module"}');
});
afterAll(async () => {
  await stage?.service.close();
  if (project !== undefined) await rm(project, { recursive: true, force: true });
});

const program = `
import { readdirSync } from 'node:fs';
import { Holdfast, HoldfastError, type Reason } from 'holdfast-client';
import type { paths } from 'holdfast-client/openapi';
import createClient from 'openapi-fetch';

const [url, apiKey, token] = process.argv.slice(2) as [string, string, string];
const holdfast = new Holdfast({ url, apiKey, token: async () => token });
const { stock } = await holdfast.reserve({ id: 'inv_1', qty: 2, reference: 'ORD-1' });
console.log(stock?.availableQty);
// @ts-expect-error: there is no such field.
const misspelt: Parameters<typeof holdfast.reserve>[0] = { id: 'inv_1', quantity: 2 };
const reason: Reason | undefined = await holdfast.reserve({ id: 'inv_1', qty: 9 }).then(
  () => undefined,
  (error: unknown) => (error instanceof HoldfastError ? error.reason : undefined),
);
console.log(reason);
console.log((await holdfast.execute('release', { id: 'inv_1', qty: 1, reference: 'ORD-1' })).stock?.availableQty);

const headers = { Authorization: \`Bearer \${token}\`, 'X-MerchantApiKey': apiKey };
const rest = createClient<paths>({ baseUrl: url, headers });
const { data } = await rest.PATCH('/v1/inventory/{id}/reserve', {
  params: { path: { id: 'inv_1' } },
  body: { qty: 1 },
});
console.log(data?.data.availableQty);
const refused = await rest.PATCH('/v1/inventory/{id}/reserve', {
  params: { path: { id: 'inv_1' } },
  body: { qty: 900 },
});
console.log(refused.error !== undefined && 'code' in refused.error && refused.error.code);
console.log(readdirSync('node_modules/holdfast-client/proto').join());
`;

test('what was packed is typed, runs, and lets the program end by itself', { timeout: 120_000 }, async () => {
  await writeFile(join(project, 'program.ts'), program);
  const tsc = join(projectRoot, 'node_modules/.bin/tsc');
  const strict = '--strict --exactOptionalPropertyTypes --module nodenext --target es2023 --types node';
  await run(tsc, [...strict.split(' '), 'program.ts'], { cwd: project }).catch((error) => {
    throw new Error(error.stdout);
  });
  const { apiKey, token } = stage.merchant;
  const { stdout } = await run('node', ['program.js', stage.options.url, apiKey, token], { cwd: project });
  expect(stdout.trim().split('\n')).toEqual([
    '8',
    'INSUFFICIENT_STOCK',
    '9',
    '8',
    'INSUFFICIENT_STOCK',
    'buf,google,inventory',
  ]);
});
