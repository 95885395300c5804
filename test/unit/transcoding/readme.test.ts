import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(root, 'src/transcoding/README.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(readme)?.[1] ?? '';

/** `GET /path [body] → 200 answer` */
const calls = block('text')
  .trim()
  .split('\n')
  .map((line) => /^(\S+) (\S+) (?:(.+) )?→ (\d+) (.*)$/.exec(line)!.slice(1) as string[]);

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

  it('lists calls', () => expect(calls.length).toBeGreaterThan(5));

  it.each(calls)('%s %s %s → %s', async (method, path, body, status, expected) => {
    const answer = await fetch(url + path, {
      method: method!,
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    expect([answer.status, (await answer.text()).trim()]).toEqual([Number(status), expected]);
  });

  it('refuses strangers', async () => {
    expect((await fetch(`${url}/v1/stations/oslo`)).status).toBe(401);
  });
});
