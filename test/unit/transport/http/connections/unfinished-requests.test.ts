import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { UnfinishedRequests } from '../../../../../src/transport/http/connections/unfinished-requests.js';

test('where there is one too many, the oldest is cut off; one that has ended makes room', () => {
  const requests = Array.from({ length: 5 }, () => new IncomingMessage(new Socket()));
  const unfinished = new UnfinishedRequests(2);
  const cut = (): number[] => requests.flatMap(({ socket }, i) => (socket.destroyed ? [i] : []));
  unfinished.cutWhenLate(requests[0]!, 60_000);
  unfinished.cutWhenLate(requests[1]!, 60_000);
  expect(cut()).toEqual([]);
  unfinished.cutWhenLate(requests[2]!, 60_000);
  expect(cut()).toEqual([0]);
  requests[1]!.emit('end');
  unfinished.cutWhenLate(requests[3]!, 60_000);
  expect(cut()).toEqual([0]);
  unfinished.cutWhenLate(requests[4]!, 60_000);
  expect(cut()).toEqual([0, 2]);
});

test('a request that gets less time counts once', () => {
  const requests = Array.from({ length: 2 }, () => new IncomingMessage(new Socket()));
  const unfinished = new UnfinishedRequests(2);
  for (const timeoutMs of [60_000, 50_000]) {
    for (const request of requests) unfinished.cutWhenLate(request, timeoutMs);
  }
  expect(requests.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
});
