import { expect, test } from 'vitest';
import { createApiKeySecret, hashApiKey } from '../../../src/auth/api-key-secret.js';

test.each(['live', 'test'] as const)('a %s key is random with 256 bits, and known by its hash', (mode) => {
  const key = createApiKeySecret(mode);
  expect(key.prefix).toBe(`pk_${mode}_`);
  const random = key.secret.slice(key.prefix.length);
  expect(key.secret.startsWith(key.prefix)).toBe(true);
  expect(Buffer.from(random, 'base64url')).toHaveLength(32);
  expect(key.lastFour).toBe(key.secret.slice(-4));
  expect(key.keyHash).toBe(hashApiKey(key.secret));
  expect(key.keyHash).not.toContain(random);
});

test('no two keys are alike', () => {
  const secrets = Array.from({ length: 100 }, () => createApiKeySecret('live').secret);
  expect(new Set(secrets).size).toBe(100);
});

// https://datatracker.ietf.org/doc/html/rfc6234 (SHA-256 of "abc")
test('the hash is SHA-256 in hex', () => {
  expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
