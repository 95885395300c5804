import { expect, test } from 'vitest';
import { type Finding, Readiness, type Status, up } from '../../../src/app/readiness.js';

const degraded: Finding = { is: 'degraded', why: 'worse off' };
const down: Finding = { is: 'down', why: 'no use', error: 'an error' };
const never = new Promise<Finding>(() => {});

test.each<[string, Record<string, Promise<Finding>>, Status]>([
  ['all is well', { a: Promise.resolve(up), b: Promise.resolve(up) }, { is: 'up', why: {} }],
  [
    'one is degraded',
    { a: Promise.resolve(up), b: Promise.resolve(degraded) },
    { is: 'degraded', why: { b: 'worse off' } },
  ],
  [
    'one is degraded, one is down',
    { a: Promise.resolve(degraded), b: Promise.resolve(down) },
    { is: 'down', why: { a: 'worse off', b: 'no use' } },
  ],
  ['one never answers', { a: never }, { is: 'down', why: { a: 'does not answer' } }],
])('%s', async (_, answers, expected) => {
  const told: Status[] = [];
  const checks = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, () => answer]));
  const readiness = new Readiness({
    checks,
    intervalMs: 3_600_000,
    timeoutMs: 1,
    onChange: (status) => told.push(status),
  });
  expect(readiness.status).toEqual({ is: 'down', why: { service: 'starting' } });
  await readiness.start();
  expect(readiness.status).toEqual(expected);
  readiness.stop();
  expect(told).toEqual([expected, { is: 'down', why: { service: 'stopping' } }]);
});
