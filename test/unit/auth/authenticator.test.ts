import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApiKeySecret, hashApiKey } from '../../../src/auth/api-key-secret.js';
import { Authenticator, CredentialStoreUnavailable } from '../../../src/auth/authenticator.js';
import { TokenIssuerUnavailable } from '../../../src/auth/issuer-keys.js';
import { withImplied } from '../../../src/auth/principal.js';
import type { TokenClaims } from '../../../src/auth/tokens.js';

const API_KEY_CACHE_MS = 5000;
const TOKEN_CACHE_MS = 60_000;
const key = createApiKeySecret('live').secret;
const otherKey = createApiKeySecret('test').secret;

let tokens: Map<string, TokenClaims>;
let merchants: Map<string, string>;
const verifyToken = vi.fn(async (token: string) => tokens.get(token));
const findMerchantOfKey = vi.fn(async (keyHash: string) => merchants.get(keyHash));
let authenticator: Authenticator;
/** Is told why credentials were refused; refused tokens are reported by the verifier. */
const onRefused = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  // The cache's clock: it has kept this object since it was loaded.
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  vi.clearAllMocks();
  tokens = new Map([['good', claims({})]]);
  merchants = new Map([
    [hashApiKey(key), 'mer_1'],
    [hashApiKey(otherKey), 'mer_2'],
  ]);
  authenticator = new Authenticator({
    verifyToken,
    findMerchantOfKey,
    apiKeyCacheMs: API_KEY_CACHE_MS,
    tokenCacheMs: TOKEN_CACHE_MS,
    credentialCacheMax: 100,
    onRefused,
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.mocked(performance.now).mockRestore();
});

function claims(of: Partial<TokenClaims>): TokenClaims {
  return {
    actor: 'ann',
    permissions: withImplied(['can_update_inventory']),
    merchantId: undefined,
    expiresAtMs: Date.now() + 3_600_000,
    ...of,
  };
}

describe('which credentials are taken', () => {
  const ok = { merchantId: 'mer_1', actor: 'ann' };
  test.each<[string, string | undefined, string | undefined, object | undefined]>([
    ['both good', 'Bearer good', key, ok],
    // https://datatracker.ietf.org/doc/html/rfc9110#section-11.1: the scheme's case does not matter.
    ['scheme in lower case', 'bearer good', key, ok],
    ['several spaces', 'Bearer   good', key, ok],
    ["another merchant's key", 'Bearer good', otherKey, { merchantId: 'mer_2', actor: 'ann' }],
    ['no token', undefined, key, undefined],
    ['no key', 'Bearer good', undefined, undefined],
    ['neither', undefined, undefined, undefined],
    ['an empty header', '', key, undefined],
    ['an empty key', 'Bearer good', '', undefined],
    ['no scheme', 'good', key, undefined],
    ['another scheme', 'Basic good', key, undefined],
    ['no space', 'Bearergood', key, undefined],
    ['more spaces than anybody means', `Bearer${' '.repeat(16_384)}good`, key, undefined],
    ['two tokens', 'Bearer good good', key, undefined],
    ['two headers joined', 'Bearer good, Bearer good', key, undefined],
    ['a refused token', 'Bearer bad', key, undefined],
    ['an unknown key', 'Bearer good', createApiKeySecret('live').secret, undefined],
    ['a key with a blank', 'Bearer good', `${key} `, undefined],
    ['a key cut short', 'Bearer good', key.slice(0, -1), undefined],
    ["a key's hash", 'Bearer good', hashApiKey(key), undefined],
  ])('%s', async (_, authorization, apiKey, principal) => {
    const answer = await authenticator.authenticate(authorization, apiKey);
    if (principal === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatchObject(principal);
  });

  test.each([
    ['mer_1', key, 'mer_1'],
    ['mer_1', otherKey, undefined],
    ['mer_2', otherKey, 'mer_2'],
    ['', key, undefined],
  ])('a token for merchant "%s" with a key', async (merchantId, apiKey, expected) => {
    tokens.set('bound', claims({ merchantId }));
    // Twice: the answer from memory must be the same.
    for (let i = 0; i < 2; i++) {
      expect((await authenticator.authenticate('Bearer bound', apiKey))?.merchantId).toBe(expected);
    }
  });
});

describe('the operator can be told which credential was refused', () => {
  test.each<[string | undefined, string | undefined, string]>([
    [undefined, key, 'no authorization header'],
    ['Bearer good', undefined, 'no x-merchantapikey header'],
    ['Basic good', key, 'the authorization header: not "Bearer" and a token'],
    ['Bearer good', createApiKeySecret('live').secret, 'the API key: there is no such valid key'],
    ['Bearer bound', otherKey, 'the token and the API key: they belong to different merchants'],
  ])('%s, %s → %s', async (authorization, apiKey, why) => {
    tokens.set('bound', claims({ merchantId: 'mer_1' }));
    await authenticator.authenticate(authorization, apiKey);
    expect(onRefused.mock.calls).toEqual([[why]]);
  });
});

describe('the hot path', () => {
  test('cached credentials are answered immediately, without a look-up', async () => {
    const first = await authenticator.authenticate('Bearer good', key);
    const second = authenticator.authenticate('Bearer good', key);
    expect(second).not.toBeInstanceOf(Promise);
    expect(second).toBe(first);
    expect(verifyToken).toHaveBeenCalledTimes(1);
    expect(findMerchantOfKey).toHaveBeenCalledTimes(1);
  });

  test('callers that miss the cache together share one look-up', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => authenticator.authenticate('Bearer good', key)),
    );
    expect(answers.map((answer) => answer?.merchantId)).toEqual(Array(100).fill('mer_1'));
    expect(findMerchantOfKey).toHaveBeenCalledTimes(1);
  });

  test('a token is the same in every spelling', async () => {
    for (let i = 1; i <= 200; i++) {
      const spelt = `${i % 2 === 0 ? 'Bearer' : 'bEARER'}${' '.repeat(i * 80)}good`;
      expect(await authenticator.authenticate(spelt, key)).toBeDefined();
    }
    expect(verifyToken).toHaveBeenCalledTimes(1);
  });

  test('a token is cached, whatever its length', async () => {
    const good = ['short', 'a'.repeat(512), 'b'.repeat(513), 'c'.repeat(5000)];
    tokens = new Map(good.map((token) => [token, claims({ actor: token.slice(0, 9) })]));
    for (const token of [...good, ...good]) {
      const caller = await authenticator.authenticate(`Bearer ${token}`, key);
      expect(caller?.actor).toBe(token.slice(0, 9));
    }
    expect(verifyToken.mock.calls.flat()).toEqual(good);
  });

  test('at most as many keys are looked up at the same time as are cached', async () => {
    const lookUps = Array.from({ length: 101 }, () =>
      authenticator.authenticate('Bearer good', createApiKeySecret('live').secret),
    );
    const outcomes = await Promise.allSettled(lookUps);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.any(CredentialStoreUnavailable) },
    ]);
    expect(findMerchantOfKey).toHaveBeenCalledTimes(100);
  });

  test('one token on two merchants is two callers', async () => {
    for (const [apiKey, merchantId] of [
      [key, 'mer_1'],
      [otherKey, 'mer_2'],
      [key, 'mer_1'],
    ] as const) {
      expect((await authenticator.authenticate('Bearer good', apiKey))?.merchantId).toBe(merchantId);
    }
  });

  test('a caller without a valid token cannot make the service ask the database', async () => {
    await authenticator.authenticate('Bearer bad', key);
    expect(findMerchantOfKey).not.toHaveBeenCalled();
  });

  test('nor can a caller with a key of the wrong form', async () => {
    await authenticator.authenticate('Bearer good', 'pk_live_short');
    expect(findMerchantOfKey).not.toHaveBeenCalled();
  });
});

describe('how long credentials are trusted', () => {
  test('a revoked key until its cache time is over', async () => {
    await authenticator.authenticate('Bearer good', key);
    merchants.clear();
    vi.advanceTimersByTime(API_KEY_CACHE_MS - 1);
    expect(await authenticator.authenticate('Bearer good', key)).toBeDefined();
    vi.advanceTimersByTime(2);
    expect(await authenticator.authenticate('Bearer good', key)).toBeUndefined();
  });

  test('use does not prolong this time', async () => {
    await authenticator.authenticate('Bearer good', key);
    merchants.clear();
    for (let ms = 0; ms <= API_KEY_CACHE_MS; ms += 500) {
      vi.advanceTimersByTime(500);
      await authenticator.authenticate('Bearer good', key);
    }
    expect(await authenticator.authenticate('Bearer good', key)).toBeUndefined();
  });

  test('a token until its cache time is over', async () => {
    await authenticator.authenticate('Bearer good', key);
    tokens.clear();
    vi.advanceTimersByTime(TOKEN_CACHE_MS - 1);
    expect(await authenticator.authenticate('Bearer good', key)).toBeDefined();
    vi.advanceTimersByTime(2);
    expect(await authenticator.authenticate('Bearer good', key)).toBeUndefined();
  });

  test('a token never past its exp', async () => {
    tokens.set('short', claims({ expiresAtMs: Date.now() + 1000 }));
    await authenticator.authenticate('Bearer short', key);
    tokens.clear();
    vi.advanceTimersByTime(999);
    expect(await authenticator.authenticate('Bearer short', key)).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(await authenticator.authenticate('Bearer short', key)).toBeUndefined();
  });

  test('a refusal not at all: a new key works immediately', async () => {
    const late = createApiKeySecret('live').secret;
    expect(await authenticator.authenticate('Bearer good', late)).toBeUndefined();
    merchants.set(hashApiKey(late), 'mer_3');
    expect(await authenticator.authenticate('Bearer good', late)).toMatchObject({ merchantId: 'mer_3' });
  });
});

describe('faults are not refusals', () => {
  test('an issuer that is down', async () => {
    verifyToken.mockRejectedValueOnce(new TokenIssuerUnavailable('down'));
    await expect(authenticator.authenticate('Bearer good', key)).rejects.toThrow(TokenIssuerUnavailable);
    expect(await authenticator.authenticate('Bearer good', key)).toBeDefined();
  });

  test.each([
    ['that is down', 'ECONNREFUSED'],
    ['where somebody has locked the keys', '55P03'],
    ['where somebody keeps them locked for longer than a statement may take', '57014'],
  ])('a database %s', async (_, code) => {
    findMerchantOfKey.mockRejectedValueOnce(Object.assign(new Error('no answer'), { code }));
    await expect(authenticator.authenticate('Bearer good', key)).rejects.toThrow(CredentialStoreUnavailable);
    expect(await authenticator.authenticate('Bearer good', key)).toBeDefined();
  });

  test('a wrong query, which is not an outage', async () => {
    const wrong = Object.assign(new Error('no such table'), { code: '42P01' });
    findMerchantOfKey.mockRejectedValueOnce(wrong);
    await expect(authenticator.authenticate('Bearer good', key)).rejects.toBe(wrong);
    expect(await authenticator.authenticate('Bearer good', key)).toBeDefined();
  });
});
