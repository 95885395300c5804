import { expect, test } from 'vitest';
import { serverArguments } from '../../../../src/embedded-postgres/server/server-arguments.js';

const GIB = 1024 ** 3;

test.for([
  [GIB / 4, '128MB'],
  [2 * GIB, '512MB'],
  [64 * GIB, '1024MB'],
] as const)('with %d bytes of memory, the buffers take %s', ([memoryBytes, buffers]) => {
  expect(serverArguments('/data', 5432, memoryBytes)).toContain(`shared_buffers=${buffers}`);
});

test('on this machine, they are within the bounds', () => {
  const [, buffers] = /shared_buffers=(\d+)MB/.exec(serverArguments('/data', 5432).join(' '))!;
  expect(Number(buffers)).toBeGreaterThanOrEqual(128);
  expect(Number(buffers)).toBeLessThanOrEqual(1024);
});
