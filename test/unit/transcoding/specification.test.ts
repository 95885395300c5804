import { describe, expect, it } from 'vitest';
import { Messaging } from '../../gen/transcoding/v1/messaging_pb.js';
import { mount } from './clients.js';
import { transcoder } from './support.js';

/** The examples of https://github.com/googleapis/googleapis/blob/master/google/api/http.proto, as they stand there. */
describe('the examples of the specification', () => {
  it.each<[string, string | undefined, object]>([
    ['GET /v1/messages/123456', undefined, { name: 'messages/123456' }],
    [
      'GET /v2/messages/123456?revision=2&sub.subfield=foo',
      undefined,
      { messageId: '123456', revision: '2', sub: { subfield: 'foo' } },
    ],
    ['PATCH /v3/messages/123456', '{ "text": "Hi!" }', { messageId: '123456', message: { text: 'Hi!' } }],
    ['PATCH /v4/messages/123456', '{ "text": "Hi!" }', { messageId: '123456', text: 'Hi!' }],
    ['GET /v5/messages/123456', undefined, { messageId: '123456' }],
    ['GET /v5/users/me/messages/123456', undefined, { messageId: '123456', userId: 'me' }],
    // "if body is `*`, there is no URL query parameter"
    ['PATCH /v4/messages/123456?text=ignored', '{}', { messageId: '123456' }],
    // "if body is omitted, there is no HTTP request body"
    ['GET /v5/messages/123456', '{"userId":"ignored"}', { messageId: '123456' }],
    // "all characters except [-_.~0-9a-zA-Z] are percent-encoded. The server side does the reverse decoding."
    ['GET /v2/messages/-_.~0aZ%21%2F%3A%7B%E2%82%AC', undefined, { messageId: '-_.~0aZ!/:{€' }],
    // "The server side does the reverse decoding, except "%2F" and "%2f" are left unchanged."
    ['GET /v1/messages/a%21%2Fb%2fc', undefined, { name: 'messages/a!%2Fb%2fc' }],
  ])('%s %s → %j', async (line, body, expected) => {
    const client = await mount('HTTP/1.1', transcoder({ services: [Messaging] }));
    const [method, path] = line.split(' ') as [string, string];
    const headers = { 'content-type': 'application/json', 'content-length': String(body?.length ?? 0) };
    const { status, text } = await client.ask(path, {
      method,
      ...(body !== undefined && { body, headers }),
    });
    await client.close();
    expect([status, JSON.parse(text).request]).toEqual([200, expected]);
  });

  it.each([
    // "`*` matches a single URL path segment"
    ['GET /v1/messages/1/2'],
    ['GET /v1/messages/'],
    ['GET /v1/messages'],
    ['GET /v5/users/me/messages/1/2'],
  ])('%s is not one of them', async (line) => {
    const client = await mount('HTTP/1.1', transcoder({ services: [Messaging] }));
    const { status } = await client.ask(line.split(' ')[1]!);
    await client.close();
    expect(status).toBe(404);
  });
});
