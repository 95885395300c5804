import { generateKeyPairSync } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Permission, permissions } from '../../../src/auth/principal.js';
import { createTokenVerifier, signToken } from '../../../src/auth/tokens.js';

const SECRET = 'a-secret-of-at-least-32-bytes-of-text';
const jwt = {
  secret: SECRET,
  jwksUrl: undefined,
  jwksStaleMaxMs: 0,
  clockToleranceS: 0,
  issuer: undefined,
  audience: undefined,
};
const verify = createTokenVerifier(jwt);
const NOW = Math.floor(Date.now() / 1000);
const HOUR = NOW + 3600;

function sign(claims: JWTPayload, secret = SECRET, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

function unsigned(claims: JWTPayload, header: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.`;
}

const good = { sub: 'ann', exp: HOUR };

test.each<[string, () => Promise<string>, string]>([
  ['expired', () => sign({ ...good, exp: NOW - 60 }), 'the token: "exp" claim timestamp check failed'],
  ['of another secret', () => sign(good, SECRET.toUpperCase()), 'the token: signature verification failed'],
  ['no token', async () => 'x.y', 'the token: Invalid Compact JWS'],
  [
    'of odd claims',
    () => sign({ ...good, merchant_id: 5 as never }),
    'the token: its claims have the wrong types',
  ],
])('why a token is refused: %s', async (_, token, why) => {
  const told: string[] = [];
  await createTokenVerifier(jwt, (text) => told.push(text))(await token());
  expect(told).toEqual([why]);
});

describe('claims', () => {
  test.each<[string, JWTPayload, 'taken' | 'refused']>([
    ['sub and exp', good, 'taken'],
    ['valid since a minute', { ...good, nbf: NOW - 60 }, 'taken'],
    ['sub of 255 characters', { ...good, sub: 'a'.repeat(255) }, 'taken'],
    ['sub with a line feed and an emoji', { ...good, sub: 'a\n🙂' }, 'taken'],
    ['merchant_id', { ...good, merchant_id: 'mer_1' }, 'taken'],
    ['an issuer nobody asked for', { ...good, iss: 'x', aud: 'y' }, 'taken'],
    ['expired', { ...good, exp: NOW - 60 }, 'refused'],
    ['expires now', { ...good, exp: NOW }, 'refused'],
    ['not valid yet', { ...good, nbf: NOW + 3600 }, 'refused'],
    ['no exp', { sub: 'ann' }, 'refused'],
    ['exp as text', { sub: 'ann', exp: String(HOUR) as never }, 'refused'],
    ['nbf as text', { ...good, nbf: 'now' as never }, 'refused'],
    ['no sub', { exp: HOUR }, 'refused'],
    ['sub that is the service’s own name', { ...good, sub: 'system' }, 'refused'],
    ['an empty sub', { ...good, sub: '' }, 'refused'],
    ['sub of 256 characters', { ...good, sub: 'a'.repeat(256) }, 'refused'],
    // PostgreSQL's text cannot hold it.
    ['sub with a NUL', { ...good, sub: 'a\0b' }, 'refused'],
    ['sub as a number', { ...good, sub: 7 as never }, 'refused'],
    ['merchant_id of 256 characters', { ...good, merchant_id: 'm'.repeat(256) }, 'refused'],
    ['merchant_id as a number', { ...good, merchant_id: 7 }, 'refused'],
    ['merchant_id as null', { ...good, merchant_id: null }, 'refused'],
    ['merchant_id as a list', { ...good, merchant_id: ['mer_1'] }, 'refused'],
  ])('%s: %o', async (_, claims, expected) => {
    const verified = await verify(await sign(claims));
    expect(verified === undefined ? 'refused' : 'taken').toBe(expected);
  });

  test.each<[JWTPayload, readonly string[]]>([
    [{}, []],
    [{ permissions: ['can_read_stock'] }, upTo('can_read_stock')],
    [{ permissions: ['can_read_inventory'] }, upTo('can_read_inventory')],
    [{ permissions: ['can_update_inventory'] }, upTo('can_update_inventory')],
    [{ scope: 'openid can_read_inventory' }, upTo('can_read_inventory')],
    [{ scope: 'can_read_inventory can_update_inventory' }, upTo('can_update_inventory')],
    [{ permissions: ['can_read_inventory'], scope: 'can_update_inventory' }, upTo('can_update_inventory')],
    [{ permissions: [7, null, 'can_read_inventory'] }, upTo('can_read_inventory')],
    [{ permissions: 'can_manage_inventory' }, []],
    [{ permissions: { can_manage_inventory: true } }, []],
    [{ scope: ['can_manage_inventory'] }, []],
    [{ scope: 'can_manage_inventory,can_read_inventory' }, []],
    [{ scope: 'xcan_manage_inventory' }, []],
  ])('%j grants %j', async (claims, granted) => {
    const verified = await verify(await sign({ ...good, ...claims }));
    expect([...verified!.permissions]).toEqual(granted);
  });

  test('what is passed on', async () => {
    expect(await verify(await sign({ ...good, merchant_id: 'mer_1' }))).toMatchObject({
      actor: 'ann',
      merchantId: 'mer_1',
      expiresAtMs: HOUR * 1000,
    });
  });
});

test.each<[string, JWTPayload, 'taken' | 'refused']>([
  ['expired within the tolerance', { exp: NOW - 50 }, 'taken'],
  ['expired before', { exp: NOW - 61 }, 'refused'],
  ['valid from within the tolerance on', { exp: HOUR, nbf: NOW + 50 }, 'taken'],
  ['valid later', { exp: HOUR, nbf: NOW + 120 }, 'refused'],
])('clocks that differ by a minute at most: %s is %s', async (_, claims, expected) => {
  const verified = await createTokenVerifier({ ...jwt, clockToleranceS: 60 })(
    await sign({ ...good, ...claims }),
  );
  // A cache keeps it as long as it would be accepted.
  const told = verified === undefined ? 'refused' : 'taken';
  expect(told).toBe(expected);
  if (verified !== undefined) expect(verified.expiresAtMs).toBe((claims.exp! + 60) * 1000);
});

describe('signatures that are refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  test.each<[string, () => string | Promise<string>]>([
    ['another secret', () => sign(good, 'another-secret-of-at-least-32-bytes')],
    ['HS384, which nobody configured', () => sign(good, SECRET.repeat(2), 'HS384')],
    ['HS512, which nobody configured', () => sign(good, SECRET.repeat(2), 'HS512')],
    ['alg none', () => unsigned(good, { alg: 'none' })],
    ['alg None', () => unsigned(good, { alg: 'None' })],
    ['no alg', () => unsigned(good, { typ: 'JWT' })],
    ['HS256 without a signature', () => unsigned(good, { alg: 'HS256' })],
    ['RS256', () => new SignJWT(good).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey)],
    ['another payload', async () => swapPayload(await sign(good), { ...good, sub: 'eve' })],
    ['a critical extension', async () => unsigned(good, { alg: 'HS256', crit: ['x'], x: 1 })],
    ['no token at all', () => 'x'],
    ['two dots', () => '..'],
    ['an empty token', () => ''],
    ['five parts', () => 'a.b.c.d.e'],
  ])('%s', async (_, token) => {
    expect(await verify(await token())).toBeUndefined();
  });

  function swapPayload(token: string, claims: JWTPayload): string {
    const [header, , signature] = token.split('.');
    return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  }
});

describe('issuer and audience, when configured', () => {
  const strict = createTokenVerifier({ ...jwt, issuer: 'https://issuer', audience: 'holdfast' });
  const full = { ...good, iss: 'https://issuer', aud: 'holdfast' };
  test.each<[string, JWTPayload, 'taken' | 'refused']>([
    ['both', full, 'taken'],
    ['among several audiences', { ...full, aud: ['other', 'holdfast'] }, 'taken'],
    ['no issuer', { ...good, aud: 'holdfast' }, 'refused'],
    ['another issuer', { ...full, iss: 'https://issuer/' }, 'refused'],
    ['no audience', { ...good, iss: 'https://issuer' }, 'refused'],
    ['another audience', { ...full, aud: 'hold' }, 'refused'],
    ['other audiences', { ...full, aud: ['a', 'b'] }, 'refused'],
  ])('%s: %o', async (_, claims, expected) => {
    const verified = await strict(await sign(claims));
    expect(verified === undefined ? 'refused' : 'taken').toBe(expected);
  });

  test('a token that the service signs passes its own check', async () => {
    const strictJwt = { issuer: 'https://issuer', audience: 'holdfast' };
    const token = await signToken(
      SECRET,
      { actor: 'ann', merchantId: 'mer_1', permissions: ['can_update_inventory'], ttlSeconds: 60 },
      strictJwt,
    );
    expect(await strict(token)).toMatchObject({ actor: 'ann', merchantId: 'mer_1' });
  });
});

test('a verifier without secret and JWKS is not made', () => {
  expect(() => createTokenVerifier({ ...jwt, secret: undefined })).toThrow('required');
});

/** A permission and those that it implies. */
function upTo(permission: (typeof permissions)[number]): readonly Permission[] {
  return permissions.slice(0, permissions.indexOf(permission) + 1);
}
