import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(root, 'src/transcoding/README.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(readme)?.[1] ?? '';

describe('the example of the README', () => {
  const dir = join(root, 'build', `readme-${process.pid}`);
  let server: Server;
  let url: string;

  beforeAll(async () => {
    mkdirSync(dir, { recursive: true });
    const code = block('ts')
      .replace(`'./transcoding/index.js'`, `'../../src/transcoding/index.js'`)
      .replace(`'./gen/google/`, `'../../src/gen/google/`)
      .replace(`'./gen/weather/`, `'../../test/gen/weather/`);
    const file = join(dir, 'example.ts');
    writeFileSync(file, code);
    process.env.PORT = '0';
    ({ server } = (await import(pathToFileURL(file).href)) as { server: Server });
    if (!server.listening) await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
    delete process.env.PORT;
    rmSync(dir, { recursive: true, force: true });
  });

  it('shows the proto as it is compiled', () => {
    expect(block('proto')).toBe(readFileSync(join(root, 'test/proto/weather/v1/weather.proto'), 'utf8'));
  });

  it('answers the calls below it as shown', async () => {
    const script = block('sh').replaceAll('http://127.0.0.1:8080', url);
    expect(script.match(/^(call|curl) /gm)?.length).toBeGreaterThan(5);
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    expect(stdout.trim()).toBe(block('text').trim());
  });
});
