import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LegacyService } from '../../gen/transcoding/v1/legacy_pb.js';
import { type Client, mount } from './clients.js';
import { echo, transcoder } from './support.js';

/** Messages of proto2: required fields, closed enums, groups, extensions; and types that are declared within others. */

let client: Client;
beforeAll(async () => {
  client = await mount('HTTP/1.1', transcoder({ services: [LegacyService], handle: echo }));
});
afterAll(() => client.close());

const type = (name: string): string => `"@type":"type.googleapis.com/transcoding.v1.${name}"`;
const bare = { id: 'a', sizes: [], list: [], map: {} };

describe('what comes is what goes', () => {
  it.each<[string, string | undefined, object]>([
    ['GET /v1/legacy?id=a', undefined, bare],
    ['GET /v1/legacy?id=', undefined, { ...bare, id: '' }],
    [
      'GET /v1/legacy?id=a&size=SIZE_SMALL&sizes=2',
      undefined,
      { ...bare, size: 'SIZE_SMALL', sizes: ['SIZE_LARGE'] },
    ],
    ['GET /v1/legacy?id=a&part.name=p', undefined, { ...bare, part: { name: 'p' } }],
    // Of two names for one number, the first is written.
    ['GET /v1/legacy?id=a&size=SIZE_BIG', undefined, { ...bare, size: 'SIZE_LARGE' }],
    ['POST /v1/legacy', '{"id":"a","size":"SIZE_BIG"}', { ...bare, size: 'SIZE_LARGE' }],
    ['GET /v1/legacy?id=a&[transcoding.v1.count]=1', undefined, bare],
    ['POST /v1/legacy', '{"id":"a","part":{"name":"p"}}', { ...bare, part: { name: 'p' } }],
    ['POST /v1/legacy', '{"id":"a","size":"SIZE_HUGE"}', bare],
    // Extensions, whatever else is in the body.
    [
      'POST /v1/legacy',
      '{"id":"a","[transcoding.v1.count]":"5"}',
      { ...bare, '[transcoding.v1.count]': '5' },
    ],
    [
      'POST /v1/legacy',
      '{"id":"a","size":2,"[transcoding.v1.count]":9007199254740993}',
      { ...bare, size: 'SIZE_LARGE', '[transcoding.v1.count]': '9007199254740993' },
    ],
    [
      'POST /v1/legacy',
      '{"id":"a","[transcoding.v1.Legacy.Note.note]":{"text":"t"}}',
      { ...bare, '[transcoding.v1.Legacy.Note.note]': { text: 't' } },
    ],
    ['POST /v1/legacy', '{"id":"a","[transcoding.v1.other]":5}', bare],
    [
      'POST /v1/legacy',
      `{"id":"a","any":{${type('Legacy.Note')},"text":"t"}}`,
      { ...bare, any: { '@type': 'type.googleapis.com/transcoding.v1.Legacy.Note', text: 't' } },
    ],
    ['PUT /v1/legacy/a', '{"id":"b"}', { ...bare, inner: { ...bare, id: 'b' } }],
  ])('%s %s', async (line, body, expected) => {
    expect(await ask(line, body)).toEqual([200, expected]);
  });
});

describe('malformed', () => {
  it.each<[string, string | undefined, string]>([
    ['GET /v1/legacy', undefined, 'id'],
    ['GET /v1/legacy?id=a&size=3', undefined, 'size'],
    ['GET /v1/legacy?id=a&sizes=SIZE_HUGE', undefined, 'sizes'],
    ['GET /v1/legacy?id=a&inner.size=1', undefined, 'inner.id'],
    ['POST /v1/legacy', '', 'id'],
    ['POST /v1/legacy', '{}', 'id'],
    ['POST /v1/legacy', '{"id":null}', 'id'],
    ['POST /v1/legacy', '{"id":"a","size":3}', 'size'],
    ['POST /v1/legacy', '{"id":"a","inner":{}}', 'inner.id'],
    ['POST /v1/legacy', '{"id":"a","list":[{"id":"b"},{}]}', 'list[1].id'],
    ['POST /v1/legacy', '{"id":"a","map":{"k":{}}}', 'map.k.id'],
    ['POST /v1/legacy', '{"id":"a","[transcoding.v1.count]":"0x1"}', '[transcoding.v1.count]'],
    ['POST /v1/legacy', `{"id":"a","any":{${type('Legacy')}}}`, 'any'],
    ['PUT /v1/legacy/a', '{}', 'inner.id'],
  ])('%s %s: %s', async (line, body, field) => {
    expect(await ask(line, body)).toEqual([400, expect.objectContaining({ kind: 'malformed', field })]);
  });
});

async function ask(line: string, body: string | undefined): Promise<[number, unknown]> {
  const [method, path] = line.split(' ') as [string, string];
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await client.ask(path, { method, ...(body !== undefined && { headers, body }) });
  return [status, JSON.parse(text)];
}
