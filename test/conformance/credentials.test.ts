import { createHmac } from 'node:crypto';
import { describe, expect, vi } from 'vitest';
import { hashApiKey } from '../../src/auth/api-key-secret.js';
import { addKey } from '../../src/service/merchants.js';
import { revokeApiKey } from '../../src/store/tables/api-keys.js';
import { type Credentials, JWT_SECRET, type TestApp } from '../support/app.js';
import { type Door, doorNames } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { answerOf, type Expected, withoutRequestId } from './contract.js';

const test = base.extend('environment', { API_KEY_CACHE_MS: '0' });

let ours: Credentials;
let stranger: Credentials;
test.beforeAll(async ({ service }) => {
  ours = await service.createMerchant();
  stranger = await service.createMerchant();
});

type Claims = Record<string, unknown>;
type Sent = { token?: string | undefined; apiKey?: string | undefined };
type Verdict = 'unauthenticated' | 'forbidden' | 'allowed';

const hour = 3600;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** A token made by hand, so that it can be wrong in every way. */
function jwt(claims: Claims, header: object = { alg: 'HS256', typ: 'JWT' }, secret = JWT_SECRET): string {
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  const body = `${part(header)}.${part(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** Good claims, with changes; undefined leaves a claim out. */
function claims(changes: Claims = {}): Claims {
  const good = {
    sub: 'tester',
    exp: nowSeconds() + hour,
    merchant_id: ours.merchantId,
    permissions: ['can_update_inventory'],
  };
  return { ...good, ...changes };
}

const withKey = (token: string): Sent => ({ token, apiKey: ours.apiKey });
const withClaims = (changes: Claims): Sent => withKey(jwt(claims(changes)));
const withToken = (apiKey: string): Sent => ({ token: ours.token, apiKey });
const tampered = (text: string): string => text.slice(0, -2) + (text.endsWith('AA') ? 'BB' : 'AA');
const none = { permissions: undefined };

const cases: readonly (readonly [string, (service: TestApp) => Sent | Promise<Sent>, Verdict])[] = [
  ['nothing at all', () => ({}), 'unauthenticated'],
  ['no key', () => ({ token: ours.token }), 'unauthenticated'],
  ['no token', () => ({ apiKey: ours.apiKey }), 'unauthenticated'],
  ['both', () => ours, 'allowed'],

  ['a key that was never made', () => withToken(`pk_test_${'A'.repeat(43)}`), 'unauthenticated'],
  ['an invalid key', () => withToken('sesame'), 'unauthenticated'],
  ['an empty key', () => withToken(''), 'unauthenticated'],
  ['a key with more behind it', () => withToken(`${ours.apiKey}A`), 'unauthenticated'],
  ['a key in another case', () => withToken(ours.apiKey.toUpperCase()), 'unauthenticated'],
  ['the hash of a key', () => withToken(hashApiKey(ours.apiKey)), 'unauthenticated'],
  ['a wildcard', () => withToken(`pk_test_${'%'.repeat(43)}`), 'unauthenticated'],
  ['a second key of the merchant', async (service) => withToken(await newKey(service)), 'allowed'],
  ['a revoked key', async (service) => withToken(await revokedKey(service)), 'unauthenticated'],

  ['an invalid token', () => withKey('sesame'), 'unauthenticated'],
  ['an empty token', () => withKey(''), 'unauthenticated'],
  ['a token with another signature', () => withKey(tampered(ours.token)), 'unauthenticated'],
  ['a token with another secret', () => withKey(jwt(claims(), undefined, 'y'.repeat(40))), 'unauthenticated'],
  ['alg none, signed', () => withKey(jwt(claims(), { alg: 'none' })), 'unauthenticated'],
  ['alg none, not signed', () => withKey(unsigned()), 'unauthenticated'],
  ['another HMAC', () => withKey(jwt(claims(), { alg: 'HS512' })), 'unauthenticated'],
  ['an asymmetric alg over the secret', () => withKey(jwt(claims(), { alg: 'RS256' })), 'unauthenticated'],
  [
    'a critical header that nobody knows',
    () => withKey(jwt(claims(), { alg: 'HS256', crit: ['x'], x: 1 })),
    'unauthenticated',
  ],
  ['no alg', () => withKey(jwt(claims(), {})), 'unauthenticated'],
  ['expired', () => withClaims({ exp: nowSeconds() - 31 }), 'unauthenticated'],
  ['expired, by clocks that differ', () => withClaims({ exp: nowSeconds() - 20 }), 'allowed'],
  ['not yet valid, by clocks that differ', () => withClaims({ nbf: nowSeconds() + 20 }), 'allowed'],
  ['no exp', () => withClaims({ exp: undefined }), 'unauthenticated'],
  ['exp is a string', () => withClaims({ exp: '9999999999' }), 'unauthenticated'],
  ['not yet valid', () => withClaims({ nbf: nowSeconds() + hour }), 'unauthenticated'],
  ['valid since', () => withClaims({ nbf: nowSeconds() - hour }), 'allowed'],
  ['no sub', () => withClaims({ sub: undefined }), 'unauthenticated'],
  ['an empty sub', () => withClaims({ sub: '' }), 'unauthenticated'],
  ['a NUL in sub', () => withClaims({ sub: 'a\0b' }), 'unauthenticated'],
  ['no merchant_id', () => withClaims({ merchant_id: undefined }), 'allowed'],
  ['another merchant_id', () => withClaims({ merchant_id: stranger.merchantId }), 'unauthenticated'],
  [
    'a merchant_id that is no string',
    () => withClaims({ merchant_id: [ours.merchantId] }),
    'unauthenticated',
  ],
  ['our token, a stranger’s key', () => ({ token: ours.token, apiKey: stranger.apiKey }), 'unauthenticated'],
  ['a stranger’s token, our key', () => ({ token: stranger.token, apiKey: ours.apiKey }), 'unauthenticated'],

  ['no permissions', () => withClaims(none), 'forbidden'],
  ['an empty list', () => withClaims({ permissions: [] }), 'forbidden'],
  ['read', () => withClaims({ permissions: ['can_read_inventory'] }), 'forbidden'],
  ['update', () => withClaims({ permissions: ['can_update_inventory'] }), 'allowed'],
  ['manage implies update', () => withClaims({ permissions: ['can_manage_inventory'] }), 'allowed'],
  ['a name that is not ours', () => withClaims({ permissions: ['admin'] }), 'forbidden'],
  ['another case', () => withClaims({ permissions: ['CAN_UPDATE_INVENTORY'] }), 'forbidden'],
  ['names that are no strings', () => withClaims({ permissions: [1, null, {}] }), 'forbidden'],
  ['permissions in a string', () => withClaims({ permissions: 'can_update_inventory' }), 'forbidden'],
  ['scope', () => withClaims({ ...none, scope: 'openid can_update_inventory email' }), 'allowed'],
  ['scope with manage', () => withClaims({ ...none, scope: 'can_manage_inventory' }), 'allowed'],
  ['scope with read', () => withClaims({ ...none, scope: 'can_read_inventory' }), 'forbidden'],
  ['scope with commas', () => withClaims({ ...none, scope: 'can_update_inventory,openid' }), 'forbidden'],
  ['scope in a list', () => withClaims({ ...none, scope: ['can_update_inventory'] }), 'forbidden'],
  [
    'either of the two claims',
    () => withClaims({ permissions: ['x'], scope: 'can_update_inventory' }),
    'allowed',
  ],
];

const verdicts: Record<Verdict, Expected> = {
  unauthenticated: {
    reason: 'UNAUTHENTICATED',
    message: 'Full authentication is required to access this resource',
  },
  forbidden: {
    reason: 'PERMISSION_DENIED',
    message: 'The permission can_update_inventory is required.',
    metadata: { permission: 'can_update_inventory' },
  },
  // The record does not exist: a call that gets this far was let in.
  allowed: { reason: 'INVENTORY_NOT_FOUND', message: 'Inventory record not found.' },
};

describe.each(doorNames)('%s', (name) => {
  test.for(cases)('%s: $2', async ([_, credentials, verdict], { service, doors }) => {
    const sent = await credentials(service);
    const answer = await ask(doors[name], sent, 1);
    expect(answer).toStrictEqual(answerOf(name, verdicts[verdict], false));
    // Callers who may not call do not learn what is wrong with the request either.
    if (verdict !== 'allowed') expect(await ask(doors[name], sent, 0)).toStrictEqual(answer);
  });

  test('a key that was just used is refused once it is revoked, and the merchant’s other stays', async ({
    service,
    doors,
  }) => {
    const key = await newKey(service);
    expect(await ask(doors[name], withToken(key), 1)).toMatchObject({ reason: 'INVENTORY_NOT_FOUND' });
    await revokeApiKey(service.app.dataSource, ours.merchantId, hashApiKey(key));
    // Keys are not cached here. In production, they are, for API_KEY_CACHE_MS.
    await vi.waitFor(async () => {
      expect(await ask(doors[name], withToken(key), 1)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    });
    expect(await ask(doors[name], ours, 1)).toMatchObject({ reason: 'INVENTORY_NOT_FOUND' });
  });

  test.for([
    ['Basic instead of Bearer', () => `Basic ${ours.token}`, 'UNAUTHENTICATED'],
    ['no scheme', () => ours.token, 'UNAUTHENTICATED'],
    ['two tokens', () => `Bearer ${ours.token} ${ours.token}`, 'UNAUTHENTICATED'],
    ['another case of the scheme', () => `bearer ${ours.token}`, 'INVENTORY_NOT_FOUND'],
  ] as const)('%s: %3$s', async ([_, authorization, reason], { doors }) => {
    const headers = { authorization: authorization() };
    const answer = await doors[name].call(
      'Reserve',
      { id: 'inv_none', qty: 1 },
      { credentials: { apiKey: ours.apiKey }, headers },
    );
    expect(answer.reason).toBe(reason);
  });
});

async function ask(door: Door, credentials: Sent, qty: number) {
  return withoutRequestId(await door.call('Reserve', { id: 'inv_none', qty }, { credentials }));
}

function newKey(service: TestApp): Promise<string> {
  return addKey(service.app.dataSource, ours.merchantId, 'live');
}

async function revokedKey(service: TestApp): Promise<string> {
  const key = await newKey(service);
  await revokeApiKey(service.app.dataSource, ours.merchantId, hashApiKey(key));
  return key;
}

function unsigned(): string {
  const [, payload] = jwt(claims()).split('.');
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
}
