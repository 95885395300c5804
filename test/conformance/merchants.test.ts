import { create, fromBinary, type JsonObject, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { describe, expect } from 'vitest';
import {
  CreateMerchantRequestSchema,
  CreateMerchantResponseSchema,
  MerchantService,
} from '../../src/gen/merchants/v1/merchant_service_pb.js';
import { JWT_SECRET, tokenFor } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { rawClient, rawUnary } from '../support/grpc-raw.js';

function sign(claims: object): Promise<string> {
  return new SignJWT({ permissions: ['can_manage_merchants'], ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('olga')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JWT_SECRET));
}

interface Answer {
  readonly httpStatus: number;
  readonly code?: string;
  readonly data: JsonObject;
  readonly list: JsonObject[];
}

/** The calls by which operators, and nobody else, manage merchants and their keys. */
const test = base
  .extend('environment', { API_KEY_CACHE_MS: '0' })
  .extend('operator', { scope: 'file' }, () => sign({}))
  .extend(
    'call',
    ({ service, operator }) =>
      async (
        method: string,
        path: string,
        body?: object,
        headers: Record<string, string> = { authorization: `Bearer ${operator}` },
      ): Promise<Answer> => {
        const response = await fetch(`${service.httpUrl}/v1/${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const { code, data } = (await response.json()) as { code?: string; data?: JsonValue };
        return {
          httpStatus: response.status,
          ...(code === undefined ? {} : { code }),
          data: (data ?? {}) as JsonObject,
          list: (data ?? []) as JsonObject[],
        };
      },
  )
  .extend('reads', ({ call }) => async (token: string, apiKey: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'x-merchantapikey': apiKey };
    return (await call('GET', 'inventory', undefined, headers)).httpStatus;
  });

test('a merchant from its first key to its last, with nothing but calls', async ({ call, reads }) => {
  const made = await call('POST', 'merchants', { name: ' Corner Shop ', merchantId: 'mer_corner' });
  expect(made).toMatchObject({
    httpStatus: 200,
    data: {
      merchant: { merchantId: 'mer_corner', name: 'Corner Shop', defaultTtlSeconds: 0 },
      apiKey: expect.stringMatching(/^pk_live_/),
    },
  });
  const first = String(made.data.apiKey);
  const token = await tokenFor('mer_corner');
  expect(await reads(token, first)).toBe(200);

  // This is what a retry gets whose first answer was lost.
  expect(await call('POST', 'merchants', { name: 'Corner Shop', merchantId: 'mer_corner' })).toMatchObject({
    httpStatus: 409,
    code: 'MERCHANT_ALREADY_EXISTS',
  });

  const { data } = await call('POST', 'merchants/mer_corner/keys', { mode: 'KEY_MODE_TEST' });
  const second = String(data.apiKey);
  expect(second).toMatch(/^pk_test_/);
  const { list } = await call('GET', 'merchants/mer_corner/keys');
  expect(list.map(({ lastFour }) => lastFour)).toEqual([first.slice(-4), second.slice(-4)]);
  expect(JSON.stringify(list)).not.toContain(first.slice(8, 40));

  const revoke = `merchants/mer_corner/keys/${list[0]!.keyId}/revoke`;
  const revoked = await call('POST', revoke, {});
  expect(revoked.data).toMatchObject({ keyId: list[0]!.keyId, revokedAt: expect.any(String) });
  expect((await call('POST', revoke, {})).data).toEqual(revoked.data);
  expect([await reads(token, first), await reads(token, second)]).toEqual([401, 200]);

  expect((await call('PATCH', 'merchants/mer_corner', { defaultTtlSeconds: 900 })).data).toMatchObject({
    defaultTtlSeconds: 900,
  });
  expect((await call('PATCH', 'merchants/mer_corner', {})).data).toMatchObject({ defaultTtlSeconds: 900 });
  expect((await call('GET', 'merchants/mer_corner')).data).toMatchObject({ defaultTtlSeconds: 900 });
});

test('the list, page by page', async ({ call }) => {
  for (const merchantId of ['a1', 'a2', 'a3']) await call('POST', 'merchants', { name: 'x', merchantId });
  const seen: unknown[] = [];
  let afterId = '';
  do {
    const { data } = await call('GET', `merchants?limit=2&afterId=${afterId}`);
    seen.push(...(data.content as JsonObject[]).map(({ merchantId }) => merchantId));
    afterId = String(data.nextAfterId);
  } while (afterId !== '');
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toEqual(expect.arrayContaining(['a1', 'a2', 'a3']));
});

test.for<[string, string, object | undefined, number, string]>([
  ['GET', 'merchants/nobody', undefined, 404, 'MERCHANT_NOT_FOUND'],
  ['PATCH', 'merchants/nobody', {}, 404, 'MERCHANT_NOT_FOUND'],
  ['POST', 'merchants/nobody/keys', {}, 404, 'MERCHANT_NOT_FOUND'],
  ['GET', 'merchants/nobody/keys', undefined, 404, 'MERCHANT_NOT_FOUND'],
  ['POST', 'merchants/nobody/keys/key_1/revoke', {}, 404, 'MERCHANT_NOT_FOUND'],
  ['POST', 'merchants/a1/keys/key_1/revoke', {}, 404, 'API_KEY_NOT_FOUND'],
  ['POST', 'merchants/a1/keys/key_0000000000000000/revoke', {}, 404, 'API_KEY_NOT_FOUND'],
  ['POST', 'merchants', {}, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', { name: '  ' }, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', { name: 'a\u0000b' }, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', { name: 'a', merchantId: '(operators)' }, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', { name: 'a', merchantId: 'a'.repeat(65) }, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', { name: 'a', mode: 9 }, 422, 'VALIDATION_FAILED'],
  ['PATCH', 'merchants/a1', { defaultTtlSeconds: 2_592_001 }, 422, 'VALIDATION_FAILED'],
  ['GET', 'merchants?limit=1001', undefined, 422, 'VALIDATION_FAILED'],
  ['POST', 'merchants', [1], 400, 'MALFORMED_REQUEST'],
])('%s %s %j: %i %s', async ([method, path, body, httpStatus, code], { call }) => {
  expect(await call(method, path, body)).toMatchObject({ httpStatus, code });
});

describe('who may make these calls', () => {
  type Caller = Readonly<Record<'authorization' | 'x-merchantapikey', string>>;

  test.for<[string, (caller: Caller, operator: string) => object | Promise<object>, number]>([
    ['an operator', (_, operator) => ({ authorization: `Bearer ${operator}` }), 200],
    ['nobody', () => ({}), 401],
    ['no token', () => ({ authorization: 'Bearer x' }), 401],
    [
      'an operator with a merchant’s key',
      (caller, operator) => ({ ...caller, authorization: `Bearer ${operator}` }),
      401,
    ],
    ['a merchant', (caller) => caller, 401],
    ['a merchant’s token', ({ authorization }) => ({ authorization }), 403],
    [
      'a merchant’s token that grants it',
      async () => ({ authorization: `Bearer ${await sign({ merchant_id: 'a1' })}` }),
      403,
    ],
    [
      'a token of all other permissions',
      async () => ({ authorization: `Bearer ${await sign({ permissions: ['can_manage_inventory'] })}` }),
      403,
    ],
    [
      'a token that grants it by its scope',
      async () => ({
        authorization: `Bearer ${await sign({ permissions: [], scope: 'x can_manage_merchants' })}`,
      }),
      200,
    ],
  ])('%s: %#', async ([_, headers, httpStatus], { call, service, operator }) => {
    const { token, apiKey } = await service.createMerchant();
    const caller = { authorization: `Bearer ${token}`, 'x-merchantapikey': apiKey };
    const given = { ...(await headers(caller, operator)) };
    for (const [method, path, body] of [
      ['GET', 'merchants', undefined],
      ['POST', 'merchants/a1/keys', {}],
    ] as const) {
      expect(await call(method, path, body, given)).toMatchObject({ httpStatus });
    }
  });

  test('an operator’s token gives no access to stock', async ({ service, operator, reads }) => {
    const { apiKey } = await service.createMerchant();
    expect(await reads(operator, apiKey)).toBe(403);
  });
});

test('gRPC and Connect: the same, and both list the service', async ({ service, operator }) => {
  const client = rawClient(service.grpcAddress);
  const path = `/${MerchantService.typeName}/CreateMerchant`;
  const request = toBinary(
    CreateMerchantRequestSchema,
    create(CreateMerchantRequestSchema, { name: 'By gRPC', merchantId: 'mer_grpc' }),
  );
  const authorization = { authorization: `Bearer ${operator}` };
  const { response } = await rawUnary(client, path, Buffer.from(request), authorization);
  expect(fromBinary(CreateMerchantResponseSchema, response!)).toMatchObject({
    merchant: { merchantId: 'mer_grpc' },
  });
  expect(await rawUnary(client, path, Buffer.from(request))).toMatchObject({ code: status.UNAUTHENTICATED });
  const again = await rawUnary(client, path, Buffer.from(request), authorization);
  expect(again).toMatchObject({ code: status.ALREADY_EXISTS });
  client.close();

  const connect = (headers: Record<string, string>, body: string) =>
    fetch(`${service.httpUrl}/${MerchantService.typeName}/GetMerchant`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const found = await connect(authorization, '{"merchantId":"mer_grpc"}');
  expect(await found.json()).toMatchObject({ merchant: { name: 'By gRPC' } });
  expect((await connect({}, '{"merchantId":"mer_grpc"}')).status).toBe(401);
  // Of a message that cannot be read, a stranger learns nothing, and an operator learns what is wrong.
  expect([(await connect({}, '{')).status, (await connect(authorization, '{')).status]).toEqual([401, 400]);
});
