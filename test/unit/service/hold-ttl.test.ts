import { expect, test } from 'vitest';
import { HoldTtl } from '../../../src/service/hold-ttl.js';

const fault = (code: string): Error => Object.assign(new Error('no answer'), { code });

/** The first look-up ends with the error, the next with a minute. */
function setUp(error: Error) {
  const found = [Promise.reject(error), Promise.resolve(60)];
  const findDefault = () => found.shift() ?? Promise.resolve(0);
  const holdTtl = new HoldTtl({ findDefault, apiKeyCacheMs: 1000, credentialCacheMax: 10 });
  return async () => holdTtl.effective('mer_1', 'order-1', {});
}

test.each([
  ['is down', 'ECONNREFUSED'],
  ['has locked the settings for somebody', '55P03'],
  ['keeps them locked for longer than a statement may take', '57014'],
])('a database that %s is out of reach, for a moment', async (_, code) => {
  const effective = setUp(fault(code));
  expect(await effective()).toMatchObject({ failure: { reason: 'DATABASE_UNAVAILABLE' } });
  expect(await effective()).toEqual({ ttlSeconds: 60 });
});

test('a wrong query is not an outage', async () => {
  const wrong = fault('42P01');
  await expect(setUp(wrong)()).rejects.toBe(wrong);
});
