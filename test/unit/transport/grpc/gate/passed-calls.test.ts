import { expect, test } from 'vitest';
import { type PassedCall, PassedCalls } from '../../../../../src/transport/grpc/gate/passed-calls.js';

const arrived: number[] = [];

function foreseen(id: number): PassedCall {
  return { id, plain: undefined, foreseen: { failure: undefined, onArrival: () => arrived.push(id) } };
}

test('calls begin in their order, and some never do', () => {
  arrived.length = 0;
  const calls = new PassedCalls();
  for (let id = 1; id < 2000; id += 2) calls.add(foreseen(id));
  expect(calls.take(0)).toBeUndefined();
  for (let id = 1; id < 1000; id += 2) {
    if (id === 501) continue;
    expect(calls.take(id)?.id).toBe(id);
    // More come before the last one begins.
    calls.add(foreseen(2000 + id));
  }
  expect([arrived, calls.take(501), calls.take(1000)]).toEqual([[501], undefined, undefined]);
  expect(calls.take(2999)?.id).toBe(2999);
  expect(arrived).toHaveLength(1 + 500 + 498);
  calls.end();
  expect(arrived).toHaveLength(1 + 500 + 498);
});

test('there is room for as many as a connection may have open', () => {
  const calls = new PassedCalls();
  for (let id = 1; id < 20_000; id += 2) calls.add(foreseen(id));
  expect(calls.hasRoom).toBe(false);
  calls.take(1);
  expect(calls.hasRoom).toBe(true);
});
