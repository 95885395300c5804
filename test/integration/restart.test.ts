import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  cleanUpProcesses,
  madeDataDir,
  onDataDir,
  postmasterPid,
  projectRoot,
  runHoldfast,
  type ServiceProcess,
  spawnHoldfast,
  startService,
  temporaryDataDir,
  until,
  untilServing,
} from '../support/process.js';
import { isRunning } from '../support/running.js';

const run = promisify(execFile);

interface Demo {
  merchantId: string;
  apiKey: string;
  token: string;
  inventoryId: string;
  httpUrl: string;
  grpcAddress: string;
}

/** Folders are slow to fill, so each test of this file goes on where the one before it ended. */
let dataDir: string;
let service: ServiceProcess;

beforeAll(async () => {
  dataDir = await temporaryDataDir();
  service = await startService(onDataDir(dataDir));
});
afterAll(cleanUpProcesses);

describe('the first start', () => {
  test('demo.json has all that a script needs, for its owner only', async () => {
    const path = join(dataDir, 'demo.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'jwt-secret'))).mode & 0o777).toBe(0o600);
    const { httpUrl, grpcAddress } = service;
    expect(await readDemo()).toEqual({
      merchantId: 'mer_demo',
      apiKey: expect.stringMatching(/^pk_test_[A-Za-z0-9_-]{43}$/),
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      inventoryId: 'inv_xyz789',
      httpUrl,
      grpcAddress,
    });
    expect((await readdir(dataDir)).filter((name) => name.startsWith('demo.json'))).toEqual(['demo.json']);
  });

  test('the printed curl lines, pasted, give the sample answers of the published page', async () => {
    const lines = printedCommands('curl');
    expect(lines).toHaveLength(2);
    const answers = [];
    for (const line of lines) answers.push(await paste(line));
    expect(answers).toEqual([
      { status: true, data: { id: 'inv_xyz789', onHandQty: 50, reservedQty: 7, availableQty: 43 } },
      { status: true, data: { id: 'inv_xyz789', onHandQty: 50, reservedQty: 5, availableQty: 45 } },
    ]);
  });

  test('the printed grpcurl lines ask for the same; another independent client has the same answers', async () => {
    const lines = printedCommands('grpcurl');
    expect(lines).toHaveLength(2);
    const answers = [];
    for (const line of lines) answers.push(await paste(line));
    expect(answers).toEqual([
      { stock: { id: 'inv_xyz789', onHandQty: 50, reservedQty: 7, availableQty: 43 } },
      { stock: { id: 'inv_xyz789', onHandQty: 50, reservedQty: 5, availableQty: 45 } },
    ]);
  });
});

test('anybody may keep what is printed: neither key nor token is in it', async () => {
  const { apiKey, token } = await readDemo();
  for (const secret of [apiKey, token]) expect(service.stdout() + service.stderr()).not.toContain(secret);
});

describe('the next start', () => {
  test('finds what the one before left, keys and tokens included', async () => {
    const before = await readDemo();
    expect(await reserve(before, 3)).toEqual({
      id: 'inv_xyz789',
      onHandQty: 50,
      reservedQty: 8,
      availableQty: 42,
    });
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await postmasterPid(dataDir)).toBeUndefined();

    service = await startService(onDataDir(dataDir));
    const after = await readDemo();
    expect(after.apiKey).toBe(before.apiKey);
    expect(after.httpUrl).toBe(service.httpUrl);
    const old = { ...after, token: before.token };
    expect(await reserve(old, 1)).toEqual({
      id: 'inv_xyz789',
      onHandQty: 50,
      reservedQty: 9,
      availableQty: 41,
    });
  });

  test('after kill -9 of the service: clean, on the PostgreSQL that went on running', async () => {
    const postgres = await postmasterPid(dataDir);
    await service.end('SIGKILL');
    service = await startService(onDataDir(dataDir));
    expect(await postmasterPid(dataDir)).toBe(postgres);
    expect((await reserve(await readDemo(), 1)).reservedQty).toBe(10);
  });

  test('after kill -9 of service and PostgreSQL: clean, with what was committed', async () => {
    const postgres = (await postmasterPid(dataDir))!;
    await service.end('SIGKILL');
    process.kill(postgres, 'SIGKILL');
    await until('its end', () => !isRunning(postgres));
    service = await startService(onDataDir(dataDir));
    expect((await reserve(await readDemo(), 1)).reservedQty).toBe(11);
  });

  test('after demo.json was lost or damaged: another key, the same record', async () => {
    const before = await readDemo();
    await service.end('SIGTERM');
    await writeFile(join(dataDir, 'demo.json'), '{"apiKey": "pk_te');
    service = await startService(onDataDir(dataDir));
    const after = await readDemo();
    expect(after.apiKey).not.toBe(before.apiKey);
    expect((await reserve(after, 1)).reservedQty).toBe(12);
    expect((await reserve({ ...after, apiKey: before.apiKey }, 1)).reservedQty).toBe(13);
  });
});

describe('a demo that nobody wants', () => {
  test('a revoked key stays revoked, and the start says how to get another', async () => {
    const folder = await madeDataDir();
    const env = onDataDir(folder);
    let started = await startService(env);
    const { apiKey, ...demo } = await readDemo(folder);
    const revoke = ['key', 'revoke', '--merchant', demo.merchantId, '--key', apiKey];
    expect(await runHoldfast(revoke, env)).toMatchObject({ code: 0 });
    await started.end('SIGTERM');

    started = await startService(env);
    expect(started.stdout()).toContain('npx holdfast key add --merchant mer_demo');
    expect(started.stdout()).not.toContain('curl ');
    expect(await readDemo(folder)).toMatchObject({ apiKey, httpUrl: started.httpUrl });
    const list = await runHoldfast(['key', 'list', '--merchant', 'mer_demo', '--json'], env);
    expect(JSON.parse(list.stdout).keys).toEqual([
      expect.objectContaining({ revokedAt: expect.any(String) }),
    ]);
    await started.end('SIGTERM');

    // Nor is it replaced when the file that names it is gone.
    await rm(join(folder, 'demo.json'));
    started = await startService({ ...env, HOST: '0.0.0.0', DEMO: 'on' });
    expect(started.stdout()).toContain('npx holdfast key add --merchant mer_demo');
    expect(await readdir(folder)).not.toContain('demo.json');
    expect(started.stderr()).toContain('cleartext');
    expect(started.stderr()).toContain('DEMO=on');
  });

  test('on an address that others can reach, none is made unless asked for', async () => {
    const folder = await madeDataDir();
    const started = await startService(onDataDir(folder, { HOST: '0.0.0.0' }));
    expect(started.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(await readdir(folder)).not.toContain('demo.json');
    expect(started.stderr()).toContain('cleartext');
    expect(started.stderr()).toContain('no demo is created');
    expect(started.stderr()).not.toContain('still open');
    await started.end('SIGTERM');

    // The service still warns of a demo that was made before.
    await (await startService(onDataDir(folder))).end('SIGTERM');
    const exposed = await startService(onDataDir(folder, { HOST: '0.0.0.0' }));
    expect(exposed.stderr()).toContain('still open');
  });
});

test('npx whose shell ends before the service has started leaves no orphan', async () => {
  const env = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'holdfast' serve" };
  // Here the parent is this test, not a shell of npx.
  const started = spawnHoldfast(['serve'], onDataDir(dataDir, env));
  expect(await started.exited).toEqual({ code: 0, signal: null });
});

describe('along with others', () => {
  test('two services on one DATA_DIR: one stock, and the last to leave stops PostgreSQL', async () => {
    const second = await startService(onDataDir(dataDir));
    const demo = await readDemo();
    const [one, other] = [service, second].map(({ httpUrl }) => ({ ...demo, httpUrl })) as [Demo, Demo];
    expect((await reserve(one, 1)).reservedQty).toBe(14);
    expect((await reserve(other, 1)).reservedQty).toBe(15);

    const postgres = (await postmasterPid(dataDir))!;
    expect((await second.end('SIGTERM')).code).toBe(0);
    expect(isRunning(postgres)).toBe(true);
    expect((await reserve(one, 1)).reservedQty).toBe(16);
  });

  test.each(['HTTP_PORT', 'GRPC_PORT'])(
    '%s in use: one clear line, exit 1, and the other service is undisturbed',
    async (variable) => {
      const taken = createServer().listen(0, '127.0.0.1');
      await until('a port', () => taken.listening);
      const { port } = taken.address() as { port: number };
      const { code, stdout, stderr } = await runHoldfast(
        ['serve'],
        onDataDir(dataDir, { [variable]: `${port}`, LOG_LEVEL: 'error' }),
      );
      taken.close();
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: '',
        stderr: `holdfast: cannot listen on 127.0.0.1 port ${port}: the port is in use (HOST, ${variable}; 0 picks a free port)\n`,
      });
      expect((await fetch(`${service.httpUrl}/readyz`)).status).toBe(200);
      expect((await readDemo()).httpUrl).not.toContain(`:${port}`);
    },
  );

  test('commands reach the same database, whether a service runs on it or not', async () => {
    const merchants = async () => {
      const { code, stdout } = await runHoldfast(['merchant', 'list', '--json'], onDataDir(dataDir));
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { merchants: { name: string }[] }).merchants.map(({ name }) => name);
    };
    const create = async (name: string) => {
      expect(await runHoldfast(['merchant', 'create', '--name', name], onDataDir(dataDir))).toMatchObject({
        code: 0,
      });
    };
    await create('While it runs');
    expect(await merchants()).toEqual(['Demo', 'While it runs']);
    expect((await fetch(`${service.httpUrl}/readyz`)).status).toBe(200);

    expect((await service.end('SIGTERM')).code).toBe(0);
    await create('While it does not');
    expect(await merchants()).toEqual(['Demo', 'While it runs', 'While it does not']);
    expect(await postmasterPid(dataDir)).toBeUndefined();
  });
});

describe('an empty DATA_DIR', () => {
  afterEach(cleanUpProcesses);

  test('two services that start at the same time share one database, one demo merchant and one record', async () => {
    const folder = await temporaryDataDir();
    const started = [1, 2].map(() => spawnHoldfast(['serve'], onDataDir(folder)));
    const both = await Promise.all(started.map(untilServing));
    const demo = await readDemo(folder);
    for (const { httpUrl } of both) await reserve({ ...demo, httpUrl }, 1);
    expect((await reserve(demo, 1)).reservedQty).toBe(8);
    for (const each of both) expect((await each.end('SIGTERM')).code).toBe(0);
    expect(await postmasterPid(folder)).toBeUndefined();
  });
});

async function readDemo(folder = dataDir): Promise<Demo> {
  return JSON.parse(await readFile(join(folder, 'demo.json'), 'utf8'));
}

async function reserve(demo: Demo, qty: number): Promise<{ reservedQty: number }> {
  const response = await fetch(`${demo.httpUrl}/v1/inventory/${demo.inventoryId}/reserve`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${demo.token}`,
      'x-merchantapikey': demo.apiKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ qty }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: { reservedQty: number } }).data;
}

/** The commands of one program among what the service printed, each with its continued lines. */
function printedCommands(program: string): string[] {
  return service
    .stdout()
    .split('\n\n')
    .filter((paragraph) => paragraph.startsWith(`${program} `));
}

/** Runs a line in a shell. Where there is no grpcurl, buf makes the call. */
async function paste(line: string): Promise<unknown> {
  const PATH = `${process.env.PATH}:${join(projectRoot, 'test/support/bin')}`;
  const silent = line.startsWith('curl ') ? ' --silent' : '';
  return JSON.parse((await run('bash', ['-c', line + silent], { env: { ...process.env, PATH } })).stdout);
}
