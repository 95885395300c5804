import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, mount, protocols } from './clients.js';
import { echo, transcoder } from './support.js';

const bodyBytesMax = 20_000;
/** JSON of exactly this many bytes. */
const jsonOf = (bytes: number): string => {
  const frame = '{"stringField":""}';
  return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
};
/** Bytes that gzip makes longer. */
const noise = (bytes: number): string => {
  let text = '';
  for (let n = 1; text.length < bytes; n = (n * 48271) % 2147483647)
    text += String.fromCharCode(33 + (n % 90));
  return text.slice(0, bytes).replaceAll(/["\\]/g, '!');
};
const packed = gzipSync(jsonOf(100));
const type = { 'content-type': 'application/json' };

describe.each(protocols)('over %s', (protocol) => {
  let client: Client;
  let bound = 0;
  beforeAll(async () => {
    const handle = (call: Parameters<typeof echo>[0]) => {
      const answer = echo(call);
      bound++;
      return answer;
    };
    client = await mount(protocol, transcoder({ handle, bodyBytesMax, gzipBytesMin: 2000 }));
  });
  afterAll(() => client.close());
  const post = (body: string | Uint8Array, encoding: string, path = '/v1/echo') =>
    client.ask(path, { method: 'POST', headers: { ...type, 'content-encoding': encoding }, body });

  it.each<[string, string, string | Uint8Array, number, object | undefined]>([
    ['gzip', 'gzip', packed, 200, undefined],
    ['another spelling', 'X-GZIP', packed, 200, undefined],
    [
      'in two members',
      'gzip',
      Buffer.concat([gzipSync('{"stringField"'), gzipSync(':"a"}')]),
      200,
      undefined,
    ],
    ['identity', 'identity', '{}', 200, undefined],
    ['no coding at all', '', '{}', 200, undefined],
    ['identity twice', 'identity, Identity', '{}', 200, undefined],
    ['packed, and left as it is', 'gzip, identity,', packed, 200, undefined],
    [
      'followed by other bytes',
      'gzip',
      Buffer.concat([packed, Buffer.from('{}')]),
      400,
      { kind: 'malformed' },
    ],
    ['nothing, said to be packed', 'gzip', '', 200, undefined],
    ['exactly the bound', 'gzip', gzipSync(jsonOf(bodyBytesMax)), 200, undefined],
    [
      'exactly the bound, and longer when packed',
      'gzip',
      gzipSync(`{"stringField":"${noise(bodyBytesMax - 18)}"}`, { level: 0 }),
      200,
      undefined,
    ],
    [
      'one byte more',
      'gzip',
      gzipSync(jsonOf(bodyBytesMax + 1)),
      413,
      { kind: 'body_too_large', bytesMax: bodyBytesMax },
    ],
    [
      'a bomb',
      'gzip',
      gzipSync(Buffer.alloc(50_000_000)),
      413,
      { kind: 'body_too_large', bytesMax: bodyBytesMax },
    ],
    [
      'cut off',
      'gzip',
      packed.subarray(0, -9),
      400,
      { kind: 'malformed', description: 'the body is not valid gzip' },
    ],
    [
      'a wrong check sum',
      'gzip',
      Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
      400,
      { kind: 'malformed' },
    ],
    ['not packed at all', 'gzip', '{}', 400, { kind: 'malformed' }],
    [
      'packed text that is not JSON',
      'gzip',
      gzipSync('{'),
      400,
      { description: 'the body is not valid JSON (line 1, column 2)' },
    ],
    [
      'deflate',
      'deflate',
      deflateSync('{}'),
      415,
      { kind: 'unsupported_media_type', contentEncoding: 'deflate' },
    ],
    ['br', 'br', brotliCompressSync('{}'), 415, { contentEncoding: 'br' }],
    ['twice', 'gzip, gzip', gzipSync(packed), 415, { contentEncoding: 'gzip, gzip' }],
    ['nonsense', 'gzi', packed, 415, { contentEncoding: 'gzi' }],
  ])('a body: %s', async (_, encoding, body, status, fault) => {
    bound = 0;
    const answer = await post(body, encoding);
    expect(answer.status).toBe(status);
    expect(bound).toBe(status === 200 ? 1 : 0);
    if (fault !== undefined) expect(JSON.parse(answer.text)).toMatchObject(fault);
    expect(answer.headers['accept-encoding']).toBe(status === 415 ? 'gzip' : undefined);
  });

  it('refuses what is too large before it is unpacked', async () => {
    expect((await post(Buffer.alloc(bodyBytesMax * 2), 'gzip')).status).toBe(413);
  });

  it('does not look at a body that nothing binds', async () => {
    const body = 'not gzip';
    const headers = { 'content-encoding': 'gzip', 'content-length': String(body.length) };
    const sent = { method: 'DELETE', headers, body };
    expect((await client.ask('/v1/echo/x', sent)).status).toBe(200);
  });

  it.each<[string | undefined, number, 'packed' | 'plain', string | undefined]>([
    ['gzip', 5000, 'packed', 'accept-encoding'],
    ['gzip, deflate, br', 5000, 'packed', 'accept-encoding'],
    ['*', 5000, 'packed', 'accept-encoding'],
    ['gzip;q=0', 5000, 'plain', 'accept-encoding'],
    ['br', 5000, 'plain', 'accept-encoding'],
    [undefined, 5000, 'plain', 'accept-encoding'],
    ['gzip', 100, 'plain', undefined],
  ])('Accept-Encoding %s, %d characters → %s', async (accept, length, form, vary) => {
    const answer = await client.open(`/v1/echo?stringField=${'a'.repeat(length)}`, {
      headers: accept === undefined ? {} : { 'accept-encoding': accept },
    });
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    expect([answer.headers['content-encoding'], answer.headers.vary]).toEqual([
      form === 'packed' ? 'gzip' : undefined,
      vary,
    ]);
    expect(Number(answer.headers['content-length'])).toBe(body.length);
    const text = form === 'packed' ? gunzipSync(body).toString() : body.toString();
    expect(JSON.parse(text)).toMatchObject({ stringField: 'a'.repeat(length) });
  });
});
