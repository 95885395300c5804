import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptsGzip, weightOfType } from '../../../../src/transcoding/http/accept.js';
import { type Client, mount } from '../clients.js';
import { echo, transcoder } from '../support.js';

const json = 'application/json';

describe('how welcome JSON is', () => {
  it.each<[string | undefined, number, 'named' | 'covered']>([
    [undefined, 1, 'covered'],
    ['', 1, 'covered'],
    [' ', 1, 'covered'],
    ['*/*', 1, 'covered'],
    ['*', 1, 'covered'],
    ['text/html, *;q=.2', 1, 'covered'],
    ['application/*', 1, 'covered'],
    ['application/json', 1, 'named'],
    ['Application/JSON', 1, 'named'],
    ['application/json;q=0.5', 0.5, 'named'],
    ['application/json ; Q=0.25', 0.25, 'named'],
    ['application/json;charset=utf-8', 1, 'named'],
    ['application/json;charset=utf-8;q=0.3', 0.3, 'named'],
    ['application/json;profile="a,b;q=0"', 1, 'named'],
    ['application/json;q=0', 0, 'named'],
    ['application/json;q=0.000', 0, 'named'],
    ['application/json;q=1.000', 1, 'named'],
    ['application/json;q=2', 1, 'named'],
    ['text/html', 0, 'covered'],
    ['text/html, application/json', 1, 'named'],
    ['text/html, */*;q=0.1', 0.1, 'covered'],
    ['*/*, application/json;q=0', 0, 'named'],
    ['application/json;q=0, */*', 0, 'named'],
    ['application/*;q=0, */*', 0, 'covered'],
    ['application/*;q=0.2, application/json;q=0.7, */*', 0.7, 'named'],
    ['application/vnd.acme+json', 0, 'covered'],
    ['application/jsonx', 0, 'covered'],
    ['text/*', 0, 'covered'],
    ['json', 0, 'covered'],
    ['???, application/json', 1, 'named'],
    ['???', 1, 'covered'],
    ['@', 1, 'covered'],
    [`${'text/html,'.repeat(1000)}application/json`, 1, 'named'],
  ])('%s → %d, %s', (accept, quality, how) => {
    expect(weightOfType(accept, json)).toEqual({ quality, named: how === 'named' });
  });
});

describe('whether gzip is welcome', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['br, gzip;q=0.5', true],
    ['*', true],
    ['*;q=0', false],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['br', false],
    ['gzipped', false],
  ])('%s → %s', (acceptEncoding, welcome) => {
    expect(acceptsGzip({ 'accept-encoding': acceptEncoding })).toBe(welcome);
  });
});

describe('a unary call', () => {
  let client: Client;
  let calls = 0;
  beforeAll(async () => {
    const handle = (call: Parameters<typeof echo>[0]) => {
      calls++;
      return echo(call);
    };
    client = await mount('HTTP/1.1', transcoder({ handle }));
  });
  afterAll(() => client.close());

  it.each([
    ['application/json', 200],
    ['text/html, */*;q=0.8', 200],
    ['text/event-stream', 406],
    ['application/json;q=0', 406],
    ['text/html', 406],
  ])('Accept: %s → %d, and what is refused is not run', async (accept, status) => {
    calls = 0;
    const answer = await client.ask('/v1/echo', { headers: { accept } });
    expect([answer.status, calls]).toEqual([status, status === 200 ? 1 : 0]);
    if (status === 406) expect(JSON.parse(answer.text)).toEqual({ kind: 'not_acceptable', offers: [json] });
  });

  it('an unknown path is not found with any Accept', async () => {
    expect((await client.ask('/v1/nothing', { headers: { accept: 'text/html' } })).status).toBe(404);
  });
});
