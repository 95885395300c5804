import { connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noHelp } from '../../../../../src/transport/failures/help-links.js';
import { RefusedCalls } from '../../../../../src/transport/grpc/guard/refused-calls.js';
import { GrpcErrors } from '../../../../../src/transport/grpc/status.js';

let calls: RefusedCalls;
let server: Http2Server;
let resets: number;

beforeEach(async () => {
  calls = new RefusedCalls(new GrpcErrors(noHelp));
  resets = 0;
  server = createServer().on('stream', (stream: ServerHttp2Stream) => {
    const close = stream.close.bind(stream);
    stream.close = (code) => {
      resets++;
      close(code);
    };
    calls.refuse(stream, 'OVERLOADED', 'req-1');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(() => server.close());

/** Sends a message, or the first part of it; resolves with the status, once the call has ended. */
async function call(isWhole: boolean, onStatus: () => void = () => {}): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = session.request({ ':method': 'POST' });
  let status: unknown;
  stream.on('response', (headers) => {
    status = headers['grpc-status'];
    onStatus();
  });
  stream.write(Buffer.alloc(5));
  if (isWhole) stream.end();
  stream.resume();
  await new Promise((closed) => stream.once('close', closed));
  await new Promise<void>((closed) => session.close(closed));
  return status;
}

test('a call whose message arrives after the refusal ends by itself', async () => {
  expect(await call(true)).toBe('14');
  calls.look();
  calls.look();
  expect(resets).toBe(0);
});

test('a call whose message does not arrive is reset at the second look', async () => {
  const resetsAtLooks: number[] = [];
  const status = await call(false, () => {
    for (let look = 1; look <= 2; look++) {
      calls.look();
      resetsAtLooks.push(resets);
    }
  });
  expect([status, resetsAtLooks]).toEqual(['14', [0, 1]]);
});
