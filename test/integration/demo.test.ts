import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/process.js';

test('the demo exits with 0, shows every exchange, and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-test-'));
  try {
    // What `npm run demo` runs after the build. The caller's settings must not disturb it.
    const { stdout, stderr } = await promisify(execFile)(
      join(projectRoot, 'node_modules/.bin/tsx'),
      ['tools/demo.ts'],
      {
        cwd: projectRoot,
        env: { ...process.env, TMPDIR: folder, HTTP_PORT: '1', DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      },
    );
    expect(stderr).toBe('');
    expect(stdout.match(/^ {2}as published$/gm)).toHaveLength(10);
    expect(stdout).toContain('All 10 answers are as published.');
    expect(stdout).toContain(
      '{"status":true,"data":{"id":"inv_xyz789","onHandQty":50,"reservedQty":7,"availableQty":43}}',
    );
    expect(stdout).toContain(
      '{"status":false,"message":"Cannot reserve 5 units. Only 3 units are currently available."}',
    );
    expect((await readdir(folder)).filter((name) => name.startsWith('holdfast'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
