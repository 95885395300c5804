import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, vi } from 'vitest';
import { test } from '../support/fixtures.js';
import { END_STREAM, grpcHeaders, headersFrames, messageFrame, RawHttp2 } from '../support/http2-raw.js';

/** Private parts of grpc-js on which the gRPC port relies for its speed. */

const LIST = '/inventory.v1.InventoryService/ListInventory';

test('the options of each answer have all that node:http2 reads, and are the same', async ({
  service,
  merchant,
  onTestFinished,
}) => {
  const respond = vi.spyOn(await streamPrototype(), 'respond');
  onTestFinished(() => respond.mockRestore());
  const connection = await RawHttp2.connect(service.grpcAddress, []);
  for (const stream of [1, 3]) {
    connection.send(
      headersFrames(stream, grpcHeaders(LIST, merchant)),
      messageFrame(stream, Buffer.alloc(0)),
    );
    await connection.frame((f) => f.stream === stream && (f.flags & END_STREAM) !== 0);
  }
  connection.socket.destroy();
  const [first, second] = respond.mock.calls.map(([, options]) => options);
  expect(second).toEqual({ waitForTrailers: true, endStream: false });
  expect(second).toBe(first);
});

/** What all streams of servers have in common. */
async function streamPrototype(): Promise<ServerHttp2Stream> {
  const server = createServer();
  await once(server.listen(0), 'listening');
  const client = connect(`http://localhost:${(server.address() as AddressInfo).port}`);
  client.request().on('error', () => {});
  const [stream] = (await once(server, 'stream')) as [ServerHttp2Stream];
  client.destroy();
  server.close();
  return Object.getPrototypeOf(stream);
}
