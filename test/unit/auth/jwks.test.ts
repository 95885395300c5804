import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TokenIssuerUnavailable } from '../../../src/auth/issuer-keys.js';
import { createTokenVerifier, type IssuedTokenVerifier } from '../../../src/auth/tokens.js';

/** An unknown `kid` makes the verifier fetch again, but not more often than this. */
const REFETCH_MIN_MS = 10_000;
const RETRY_PAUSE_MS = 1000;
const MAX_AGE_MS = 600_000;

interface IssuerKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function createKey(alg: string, kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } };
}

function sign(key: IssuerKey, header: object = {}, ttlSeconds = 3600): Promise<string> {
  return new SignJWT({ sub: 'ann', exp: Math.floor(Date.now() / 1000) + ttlSeconds })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

let server: Server;
let fetches: number;
let published: readonly IssuerKey[];
let answer: RequestListener;
let verify: IssuedTokenVerifier;
/** What the operator is told about the issuer. */
let told: string[];

const STALE_MAX_MS = 3_600_000;

beforeEach(async () => {
  // Only the date: sockets and their timers stay real.
  vi.useFakeTimers({ toFake: ['Date'] });
  fetches = 0;
  published = [];
  answer = (_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: published.map((key) => key.jwk) }));
  };
  server = createServer((request, response) => {
    fetches++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  told = [];
  verify = createTokenVerifier(
    {
      secret: undefined,
      jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
      jwksStaleMaxMs: STALE_MAX_MS,
      clockToleranceS: 0,
      issuer: undefined,
      audience: undefined,
    },
    () => {},
    { onDown: ({ message }) => told.push(message), onBack: () => told.push('back') },
  );
});
afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

describe('whether the issuer answers', () => {
  test('is checked again after a while, and sooner while it does not answer', async () => {
    published = [await createKey('ES256', 'k1')];
    verify.issuerAnswers?.();
    await vi.waitFor(() => expect(fetches).toBe(1));
    expect(verify.issuerAnswers?.()).toBe(true);
    expect(fetches).toBe(1);
    const publish = answer;
    answer = (_, response) => response.writeHead(500).end();
    pass(10_001);
    await vi.waitFor(() => expect(verify.issuerAnswers?.()).toBe(false));
    answer = publish;
    pass(RETRY_PAUSE_MS + 1);
    await vi.waitFor(() => expect(verify.issuerAnswers?.()).toBe(true));
    expect(told).toEqual([expect.stringContaining('HTTP 500'), 'back']);
  });

  test('a check does not delay the next fetch for an unknown key', async () => {
    const [known, fresh] = [await createKey('ES256', 'k1'), await createKey('ES256', 'k2')];
    published = [known];
    await verify(await sign(known));
    pass(10_001);
    verify.issuerAnswers?.();
    await vi.waitFor(() => expect(fetches).toBe(2));
    await vi.waitFor(async () => {
      published = [known, fresh];
      expect(await verify(await sign(fresh))).toBeDefined();
    });
    expect(fetches).toBe(3);
  });
});

describe('algorithms', () => {
  test.each([
    ['RS256', 'taken'],
    ['ES256', 'taken'],
    ['EdDSA', 'taken'],
    ['PS256', 'refused'],
    ['RS512', 'refused'],
    ['ES384', 'refused'],
  ])('%s is %s', async (alg, expected) => {
    const key = await createKey(alg, 'k1');
    published = [key];
    expect(await verify(await sign(key))).toEqual(
      expected === 'taken' ? expect.objectContaining({ actor: 'ann' }) : undefined,
    );
  });

  test('several keys, each found by its kid', async () => {
    published = [await createKey('RS256', 'r'), await createKey('ES256', 'e'), await createKey('EdDSA', 'd')];
    for (const key of published) expect(await verify(await sign(key))).toBeDefined();
    expect(fetches).toBe(1);
  });

  test('a public key is not a secret: HS256 signed with it is refused', async () => {
    const key = await createKey('RS256', 'k1');
    published = [key];
    for (const secret of [await exportSPKI(key.publicKey), JSON.stringify(key.jwk), key.jwk.n!]) {
      const token = await new SignJWT({ sub: 'eve', exp: Math.floor(Date.now() / 1000) + 3600 })
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode(secret));
      expect(await verify(token)).toBeUndefined();
    }
  });

  test('alg none is refused', async () => {
    published = [await createKey('RS256', 'k1')];
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'eve', exp: Math.floor(Date.now() / 1000) + 3600 };
    expect(await verify(`${part({ alg: 'none', kid: 'k1' })}.${part(claims)}.`)).toBeUndefined();
  });

  test('a key with a known kid that is not the issuer’s is refused', async () => {
    published = [await createKey('ES256', 'k1')];
    expect(await verify(await sign(await createKey('ES256', 'k1')))).toBeUndefined();
  });

  test('a key in the token’s own header is not trusted', async () => {
    published = [await createKey('ES256', 'k1')];
    const own = await createKey('ES256', 'k1');
    expect(await verify(await sign(own, { jwk: await exportJWK(own.publicKey) }))).toBeUndefined();
  });
});

describe('rotation', () => {
  test('an unknown kid fetches again, not more often than the limit', async () => {
    const old = await createKey('ES256', 'old');
    const next = await createKey('ES256', 'next');
    published = [old];
    expect(await verify(await sign(old))).toBeDefined();

    published = [old, next];
    pass(REFETCH_MIN_MS - 1000);
    // Too soon after the last fetch: strangers who invent kids cannot make the service flood the issuer.
    for (let i = 0; i < 20; i++) expect(await verify(await sign(next))).toBeUndefined();
    expect(fetches).toBe(1);

    pass(2000);
    expect(await verify(await sign(next))).toBeDefined();
    expect(fetches).toBe(2);
    expect(await verify(await sign(old))).toBeDefined();
    expect(fetches).toBe(2);
  });

  test('known keys are not fetched again until they are old', async () => {
    const key = await createKey('ES256', 'k1');
    published = [key];
    await verify(await sign(key));
    pass(MAX_AGE_MS - 1000);
    expect(await verify(await sign(key))).toBeDefined();
    expect(fetches).toBe(1);
    // Withdrawn by the issuer: refused once the key set has been fetched again.
    published = [];
    pass(2000);
    expect(await verify(await sign(key))).toBeUndefined();
    expect(fetches).toBe(2);
  });

  test('many callers share one fetch', async () => {
    const key = await createKey('ES256', 'k1');
    published = [key];
    const token = await sign(key);
    const verified = await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    expect(verified.every((claims) => claims?.actor === 'ann')).toBe(true);
    expect(fetches).toBe(1);
  });
});

describe('an issuer that cannot be asked is a fault, not a refusal', () => {
  test.each<[string, RequestListener]>([
    ['500', (_, response) => response.writeHead(500).end('{}')],
    ['404', (_, response) => response.writeHead(404).end()],
    ['not JSON', (_, response) => response.end('<html>')],
    ['JSON without keys', (_, response) => response.end('{}')],
    ['a redirection', (_, response) => response.writeHead(302, { location: '/jwks.json' }).end()],
    ['a key set without end', (_, response) => response.end(`{"keys": [${' '.repeat(1_048_577)}]}`)],
    ['a connection that breaks', (request) => request.socket.destroy()],
  ])('%s', async (_, broken) => {
    const key = await createKey('ES256', 'k1');
    published = [key];
    const token = await sign(key);
    const good = answer;
    answer = broken;
    await expect(verify(token)).rejects.toThrow(TokenIssuerUnavailable);
    // Asked again after a pause, not by each call.
    const asked = fetches;
    await expect(verify(token)).rejects.toThrow(TokenIssuerUnavailable);
    expect(fetches).toBe(asked);
    answer = good;
    pass(RETRY_PAUSE_MS);
    expect(await verify(token)).toBeDefined();
  });

  test('nobody listens', async () => {
    const token = await sign(await createKey('ES256', 'k1'));
    await new Promise((resolve) => server.close(resolve));
    await expect(verify(token)).rejects.toThrow(TokenIssuerUnavailable);
  });

  test('while it is down, known keys are accepted for a bounded time, and the log says so once a minute', async () => {
    const key = await createKey('ES256', 'k1');
    published = [key];
    // Other tokens last for an hour. This one must last for longer.
    const token = await sign(key, {}, 7 * 24 * 3600);
    const unknown = await sign(await createKey('ES256', 'k2'));
    await verify(token);
    const good = answer;
    answer = (request) => request.socket.destroy();
    pass(REFETCH_MIN_MS + 1000);
    await expect(verify(unknown)).rejects.toThrow(TokenIssuerUnavailable);
    expect(await verify(token)).toBeDefined();
    // Three minutes in which the key set is too old.
    pass(MAX_AGE_MS - REFETCH_MIN_MS);
    for (let second = 0; second < 180; second++, pass(1000)) {
      expect(await verify(token)).toBeDefined();
      if (second % 60 === 1) await expect(verify(unknown)).rejects.toThrow(TokenIssuerUnavailable);
    }
    expect(told).toEqual(Array(4).fill('the JWKS cannot be fetched: fetch failed (other side closed)'));

    pass(STALE_MAX_MS - 180_000);
    await expect(verify(token)).rejects.toThrow(TokenIssuerUnavailable);
    answer = good;
    pass(RETRY_PAUSE_MS);
    expect(await verify(token)).toBeDefined();
    expect(told.at(-1)).toBe('back');
  });

  test('text that is not a token is refused without a fetch', async () => {
    answer = (request) => request.socket.destroy();
    expect(await verify('x.y.z')).toBeUndefined();
    expect(fetches).toBe(0);
  });
});

describe('anything that a stranger makes up is refused, and never a fault of the service', () => {
  const part = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const good = { sub: 'eve', exp: 4_000_000_000 };
  const headers: unknown[] = [
    ...['RS256', 'ES256', 'EdDSA', 'HS256', 'none', 'PS256', 'constructor', ''].flatMap((alg) => [
      { alg },
      ...['e', 'r', 'weak', 'nobody', '__proto__', 'constructor', ''].map((kid) => ({ alg, kid })),
    ]),
    ...[{}, [], null, 5, true].map((alg) => ({ alg, kid: 'e' })),
    ...[{}, [], null, 5, true].map((kid) => ({ alg: 'ES256', kid })),
    { alg: 'ES256', kid: 'e', crit: ['b64'], b64: false },
    { alg: 'ES256', kid: 'e', crit: 'b64', b64: false },
    { alg: 'ES256', kid: 'e', crit: [] },
    { alg: 'ES256', kid: 'e', x5u: 'http://127.0.0.1:1/', jku: 'http://127.0.0.1:1/', jwk: {} },
    { alg: 'RS256', kid: 'x'.repeat(10_000) },
    '[]',
    'null',
    '"text"',
    '{',
    '',
    '\u0000',
  ];
  const payloads: unknown[] = [
    good,
    {},
    [],
    'null',
    '"text"',
    '{',
    '',
    '{"sub":"eve","exp":1e400}',
    { ...good, sub: {} },
  ];
  const signatures = ['', 'AA', '!', '====', part('x'.repeat(64)), part('x'.repeat(256)), 'A'.repeat(5000)];

  test('of any header, payload and signature', async () => {
    const weak = await createWeakKey();
    published = [await createKey('ES256', 'e'), await createKey('RS256', 'r'), weak];
    const made = headers.flatMap((header) => payloads.map((payload) => `${part(header)}.${part(payload)}`));
    for (const [i, text] of made.entries()) {
      expect(await verify(`${text}.${signatures[i % signatures.length]}`)).toBeUndefined();
    }
    for (const signature of signatures) {
      expect(await verify(`${part({ alg: 'ES256', kid: 'e' })}.${part(good)}.${signature}`)).toBeUndefined();
    }
    for (const text of ['..', '.', '', 'a.b.c.d.e', '\u0000', 'é.é.é', ' . . ', '💥'.repeat(4000)]) {
      expect(await verify(text)).toBeUndefined();
    }
    // Nor does it make the service ask the issuer for each `kid`.
    expect(fetches).toBe(1);
    expect(told).toEqual([]);
  });
});

/** A key that the platform refuses to verify with. */
async function createWeakKey(): Promise<IssuerKey> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const jwk = { ...(publicKey.export({ format: 'jwk' }) as JWK), alg: 'RS256', kid: 'weak', use: 'sig' };
  return { ...(await createKey('RS256', 'weak')), jwk };
}
