import type { ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { BodyRoom } from '../../../../../src/transport/body-room.js';
import { noHelp } from '../../../../../src/transport/failures/help-links.js';
import { UnfinishedCalls } from '../../../../../src/transport/grpc/guard/unfinished-calls.js';
import { GrpcErrors } from '../../../../../src/transport/grpc/status.js';

const UNAVAILABLE = 14;
const NEVER_MS = 2 ** 31;

/** Begins calls. Returns the number and the status of each that was cut off. */
function begin(count: number, headerBytes: number, finish: (call: number) => boolean = () => false) {
  const calls = new UnfinishedCalls(NEVER_MS, new BodyRoom(1), new GrpcErrors(noHelp));
  const cut: [number, unknown][] = [];
  for (let i = 0; i < count; i++) {
    const stream = {
      respond: (headers: Record<string, unknown>) => cut.push([i, headers['grpc-status']]),
      close: () => {},
    } as unknown as ServerHttp2Stream;
    calls.add(stream, headerBytes);
    if (finish(i)) calls.delete(stream);
  }
  return cut;
}

test.each([
  ['4,000 calls are kept', 4000, 1000, []],
  ['of more, the oldest are refused', 4002, 1000, [0, 1]],
  ['512 with the longest headers are kept', 512, 65_536, []],
  ['of more of those, the oldest are refused, too', 514, 65_536, [0, 1]],
])('%s', (_, count, headerBytes, refused) => {
  expect(begin(count, headerBytes)).toEqual(refused.map((i) => [i, UNAVAILABLE]));
});

test('a call that is complete no longer counts', () => {
  expect(begin(10_000, 65_536, (call) => call > 100)).toEqual([]);
});
