import { expect, test } from 'vitest';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { world } from '../world.js';

test.each([
  // The world's is 60.
  [undefined, 60],
  [0, 0],
  [3600, 3600],
])('a default ttl of %s → %i', (defaultTtlSeconds, expected) => {
  const command = { kind: 'update_settings', merchantId: 'mer_1', actor: 'ann', defaultTtlSeconds } as const;
  const settings = { defaultTtlSeconds: expected };
  expect(decide(command, world([]))).toEqual({
    accepted: true,
    changes: { records: [], settings },
    success: { settings },
  });
});
