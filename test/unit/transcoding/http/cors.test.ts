import { afterEach, describe, expect, it } from 'vitest';
import type { CorsOptions } from '../../../../src/transcoding/index.js';
import { type Client, mount, protocols } from '../clients.js';
import { transcoder } from '../support.js';

const shop = 'https://shop.example';
const cors: CorsOptions = {
  origins: [shop, 'http://localhost:3000'],
  exposeHeaders: ['x-request-id', 'retry-after'],
};

/** The headers that browsers look at. */
function shown(headers: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^(access-control-|vary$|allow$)/.test(name)),
  );
}

describe.each(protocols)('over %s', (protocol) => {
  let client: Client;
  afterEach(() => client.close());
  const serve = async (options: CorsOptions | undefined): Promise<void> => {
    client = await mount(protocol, transcoder(options && { cors: options }));
  };
  const preflight = (path: string, origin: string, method: string, headers?: string) =>
    client.ask(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers && { 'access-control-request-headers': headers }),
      },
    });

  it.each([
    ['OPTIONS', '/v1/echo', 405],
    ['OPTIONS', '/v1/nothing', 404],
    ['OPTIONS', '/v1/any/7', 200],
  ])('without origins, %s %s is a method like any other: %d', async (method, path, status) => {
    await serve(undefined);
    const answer = await client.ask(path, { method, headers: { origin: shop } });
    expect(answer.status).toBe(status);
    expect(shown(answer.headers)).toEqual(status === 405 ? { allow: 'GET, HEAD, POST' } : {});
  });

  it.each([
    ['GET', '/v1/echo', 200],
    ['GET', '/v1/echo?int32Field=x', 400],
    ['GET', '/v1/nothing', 404],
    ['PATCH', '/v1/echo', 405],
  ])('%s %s → %d: a page may read it', async (method, path, status) => {
    await serve(cors);
    const answer = await client.ask(path, { method, headers: { origin: shop } });
    expect(answer.status).toBe(status);
    expect(shown(answer.headers)).toEqual({
      'access-control-allow-origin': shop,
      'access-control-expose-headers': 'x-request-id, retry-after',
      vary: 'origin',
      ...(status === 405 && { allow: 'GET, HEAD, OPTIONS, POST' }),
    });
  });

  it.each([
    ['https://evil.example'],
    ['https://shop.example.evil.example'],
    ['http://shop.example'],
    ['https://shop.example/'],
    ['HTTPS://SHOP.EXAMPLE'],
    ['null'],
    ['*'],
    [undefined],
  ])('a page of %s may not; caches are told that it depends on the origin', async (origin) => {
    await serve(cors);
    const answer = await client.ask('/v1/echo', origin === undefined ? {} : { headers: { origin } });
    expect([answer.status, shown(answer.headers)]).toEqual([200, { vary: 'origin' }]);
  });

  it('a preflight is answered for the path that it asks about', async () => {
    await serve({ ...cors, allowHeaders: ['authorization', 'content-type'], maxAgeSeconds: 60 });
    const answer = await preflight('/v1/echo/a', shop, 'POST', 'authorization');
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined]);
    expect(shown(answer.headers)).toEqual({
      'access-control-allow-origin': shop,
      'access-control-expose-headers': 'x-request-id, retry-after',
      'access-control-allow-methods': 'DELETE, OPTIONS, POST',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '60',
      allow: 'DELETE, OPTIONS, POST',
      vary: 'origin, access-control-request-method, access-control-request-headers',
    });
  });

  it('headers are allowed as asked for, unless they are listed', async () => {
    await serve(cors);
    const asked = await preflight('/v1/echo', shop, 'GET', 'x-a, x-b');
    expect(asked.headers['access-control-allow-headers']).toBe('x-a, x-b');
    const none = await preflight('/v1/echo', shop, 'GET');
    expect(none.headers['access-control-allow-headers']).toBeUndefined();
  });

  it.each([
    ['/v1/nothing', shop, 404, shop],
    ['/v1/echo', 'https://evil.example', 204, undefined],
    // A route for every method does not see it.
    ['/v1/any/7', shop, 204, shop],
  ])('a preflight for %s from %s → %d', async (path, origin, status, allowed) => {
    await serve(cors);
    const answer = await preflight(path, origin, 'PUT');
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, allowed]);
    if (allowed === undefined) expect(answer.headers['access-control-allow-methods']).toBeUndefined();
  });

  it('OPTIONS that is not a preflight lists the methods', async () => {
    await serve(cors);
    const answer = await client.ask('/v1/books/7:lend', { method: 'OPTIONS' });
    expect([answer.status, answer.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS, POST, PURGE']);
  });

  it('a path for every method lists the usual ones', async () => {
    await serve(cors);
    const answer = await preflight('/v1/any/7', shop, 'PUT');
    expect(answer.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT');
  });

  it('`*` is for every page, and depends on nothing', async () => {
    await serve({ origins: '*' });
    const answer = await client.ask('/v1/echo', { headers: { origin: 'https://any.example' } });
    expect(shown(answer.headers)).toEqual({ 'access-control-allow-origin': '*' });
  });
});
