import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { BoxedMap } from '../../../src/collections/boxed-map.js';
import { ShortList } from '../../../src/collections/short-list.js';
import { lightenSession } from '../../../src/transport/http2.js';

test('a session’s streams are in collections that let go of them, and node:http2 works with these', async () => {
  const server = createServer((_, response) => response.end('done'));
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    lightenSession(session);
    sessions.push(session);
  });
  await once(server.listen(0), 'listening');
  const client = connect(`http://localhost:${(server.address() as AddressInfo).port}`);
  const body = async (): Promise<string> => {
    let text = '';
    for await (const chunk of client.request().setEncoding('utf8')) text += chunk;
    return text;
  };
  expect(await Promise.all(Array.from({ length: 20 }, body))).toEqual(Array(20).fill('done'));
  expect(stateOf(sessions[0]!).streams).toBeInstanceOf(BoxedMap);
  expect(stateOf(sessions[0]!).pendingStreams).toBeInstanceOf(ShortList);
  expect(stateOf(sessions[0]!).pendingStreams.size).toBe(0);

  // Asked to end with a stream open, a session waits for it.
  const open = client.request({ ':method': 'POST' });
  const answered = once(open, 'response');
  open.resume();
  await answered;
  const closed = once(sessions[0]!, 'close');
  sessions[0]!.close();
  open.end();
  await closed;
  expect(stateOf(sessions[0]!).streams.size).toBe(0);
  client.destroy();
  server.close();
});

/** Where node:http2 has the streams of a session. */
function stateOf(
  session: ServerHttp2Session,
): Record<'streams' | 'pendingStreams', { readonly size: number }> {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  return (session as unknown as Record<symbol, ReturnType<typeof stateOf>>)[key!]!;
}
