import { describe, expect, test } from 'vitest';
import { contradictions } from '../../support/openapi/checker.js';
import { OpenApiDocument } from '../../support/openapi/document.js';
import type { Exchange } from '../../support/openapi/exchange.js';

/** Exchanges written by hand, since the service itself should never contradict its document. */
const document = OpenApiDocument.read();

const requestId = { 'x-request-id': 'r-1' };
const stock = { id: 'inv_xyz789', onHandQty: 50, reservedQty: 7, availableQty: 43 };
const error = (code: string, more: object = {}) => ({
  status: false,
  message: 'No.',
  code,
  requestId: 'r-1',
  ...more,
});

interface Told extends Partial<Omit<Exchange, 'requestBody' | 'responseBody'>> {
  readonly sent?: unknown;
  readonly got?: unknown;
}

/** Checks the published Reserve exchange. What is given replaces its parts; given headers are added. */
function check({ sent, got, ...told }: Told = {}): string[] {
  const body = sent ?? { qty: 2, reference: 'ORD-20241201-0099' };
  return contradictions(document, {
    method: 'PATCH',
    target: '/v1/inventory/inv_xyz789/reserve',
    status: 200,
    ...told,
    requestHeaders: {
      authorization: 'Bearer t',
      'x-merchantapikey': 'k',
      'content-type': 'application/json',
      ...told.requestHeaders,
    },
    responseHeaders: { 'content-type': 'application/json', ...requestId, ...told.responseHeaders },
    requestBody: typeof body === 'string' ? body : JSON.stringify(body),
    responseBody: typeof got === 'string' ? got : JSON.stringify(got ?? { status: true, data: stock }),
  }).map(({ kind, detail }) => `${kind}: ${detail}`);
}

const get = (target: string, told: Told = {}): Told => ({ method: 'GET', target, sent: '', ...told });
const holds = { content: [], limit: 100, nextPageToken: '' };

describe('agreement', () => {
  test.each<[string, Told]>([
    ['the published sample', {}],
    ['a replay', { responseHeaders: { 'idempotency-replayed': 'true' } }],
    [
      'snake_case, null, unknown fields, a number as text',
      { sent: { qty: '2', ttl_seconds: 9, notes: null, x: 1 } },
    ],
    ['a rejection', { status: 400, got: error('INSUFFICIENT_STOCK', { requested: 2, available: 0 }) }],
    [
      'a broken rule',
      { sent: { qty: 0 }, status: 422, got: error('VALIDATION_FAILED', { errors: { qty: 'must' } }) },
    ],
    [
      'no body at all',
      { sent: '', status: 422, got: error('VALIDATION_FAILED', { errors: { qty: 'must' } }) },
    ],
    ['a number as decimal text', { sent: { qty: '1.2e1' } }],
    ['__proto__, whatever is in it', { sent: '{"qty":1,"__proto__":{"qty":"x"}}' }],
    ['a type of JSON', { requestHeaders: { 'content-type': 'Application/Merge-Patch+JSON; charset=utf-8' } }],
    [
      'a path that is not UTF-8',
      { target: '/v1/inventory/%ff/reserve', status: 400, got: error('MALFORMED_REQUEST') },
    ],
    [
      'an unknown path that is not UTF-8',
      { target: '/v1/%zz', status: 400, got: error('MALFORMED_REQUEST') },
    ],
    ['HEAD of an unknown path', get('/v1/foo', { method: 'HEAD', status: 404, got: '' })],
    ['not JSON', { sent: '{', status: 400, got: error('MALFORMED_REQUEST') }],
    ['overload', { status: 503, got: error('OVERLOADED'), responseHeaders: { 'retry-after': '1' } }],
    [
      'an expiry',
      {
        sent: { qty: 1, reference: 'A', ttlSeconds: 9 },
        got: { status: true, data: { ...stock, expiresAt: '2024-12-01T10:00:00Z' } },
      },
    ],
    [
      'an enum by zero, which is not a value',
      get('/v1/inventory/logs?action=0', {
        got: { status: true, data: { ...holds, page: 0, totalElements: 0 } },
      }),
    ],
    [
      'an event id in the query that the header overrides',
      get('/v1/inventory/watch?ids=a&afterId=%20', {
        requestHeaders: { 'last-event-id': 'e30' },
        responseHeaders: {
          'content-type': 'application/x-ndjson',
          'cache-control': 'no-cache',
          'x-accel-buffering': 'no',
          vary: 'accept',
        },
        got: '',
      }),
    ],
    ['an unknown path', { target: '/v1/foo', status: 404, got: error('MALFORMED_REQUEST') }],
    [
      'another method',
      { method: 'PUT', status: 405, got: error('MALFORMED_REQUEST'), responseHeaders: { allow: 'PATCH' } },
    ],
    ['a query', get('/v1/inventory/inv_1/holds?limit=5', { got: { status: true, data: holds } })],
    [
      'a value that is not UTF-8',
      get('/v1/inventory/logs?pageToken=%ff', { status: 400, got: error('MALFORMED_REQUEST') }),
    ],
    [
      'a name that is not UTF-8, which is no parameter’s',
      get('/v1/inventory/i/holds?%ff=%zz', { got: { status: true, data: holds } }),
    ],
    ['HEAD', get('/v1/inventory/inv_1/holds', { method: 'HEAD', got: '' })],
    ['a literal before a variable', get('/v1/inventory/low-stock', { got: { status: true, data: [] } })],
    [
      'an enum by number',
      get('/v1/inventory/logs?action=7', {
        got: { status: true, data: { ...holds, page: 0, totalElements: 0 } },
      }),
    ],
    [
      'a rule on two fields',
      {
        sent: { qty: 1, ttlSeconds: 9 },
        status: 422,
        got: error('VALIDATION_FAILED', { errors: { ttlSeconds: 'needs a reference' } }),
      },
    ],
  ])('%s', (_, told) => {
    expect(check(told)).toEqual([]);
  });
});

describe('contradiction', () => {
  const undocumented = 'undocumented answer';
  const accepted = 'accepted although forbidden';
  const refused = 'refused although allowed';
  test.each<[string, Told, string, RegExp]>([
    ['a status', { status: 418 }, undocumented, /reserve 418: status 418$/],
    [
      'a field too many',
      { got: { status: true, data: { ...stock, more: 1 } } },
      undocumented,
      /data must NOT have additional/,
    ],
    [
      'a field too few',
      { got: { status: true, data: { ...stock, id: undefined } } },
      undocumented,
      /required property 'id'/,
    ],
    [
      'a quantity as text',
      { got: { status: true, data: { ...stock, onHandQty: '50' } } },
      undocumented,
      /onHandQty must be integer/,
    ],
    [
      'a negative quantity',
      { got: { status: true, data: { ...stock, reservedQty: -1 } } },
      undocumented,
      /reservedQty must be >= 0/,
    ],
    ['no envelope', { got: stock }, undocumented, /required property 'status'/],
    [
      'a failure called success',
      { got: { status: false, data: stock } },
      undocumented,
      /status must be equal to constant/,
    ],
    [
      'a reason of another call',
      { status: 400, got: error('INSUFFICIENT_RESERVED') },
      undocumented,
      /code must be equal to one of/,
    ],
    [
      'a reason nobody knows',
      { status: 400, got: error('NOPE') },
      undocumented,
      /code must be equal to one of/,
    ],
    [
      'an error with more to say',
      { status: 404, got: error('INVENTORY_NOT_FOUND', { hint: 1 }) },
      undocumented,
      /unevaluated/,
    ],
    [
      'a 401 with a code',
      { status: 401, got: error('UNAUTHENTICATED') },
      undocumented,
      /reserve 401: body must have/,
    ],
    [
      'no request id',
      { responseHeaders: { 'x-request-id': '' } },
      undocumented,
      /X-Request-Id must NOT have fewer/,
    ],
    ['a header', { responseHeaders: { 'x-powered-by': 'us' } }, undocumented, /header x-powered-by$/],
    [
      'a header of caches',
      { responseHeaders: { 'cache-control': 'public' } },
      undocumented,
      /cache-control$/,
    ],
    [
      'a header of browsers',
      { responseHeaders: { 'access-control-allow-credentials': 'true' } },
      undocumented,
      /header access-control-allow-credentials$/,
    ],
    ['no Retry-After', { status: 503, got: error('OVERLOADED') }, undocumented, /Retry-After is missing/],
    [
      'a replay of a fault',
      { status: 500, got: error('INTERNAL'), responseHeaders: { 'idempotency-replayed': 'true' } },
      undocumented,
      /header idempotency-replayed/,
    ],
    [
      'another media type',
      { responseHeaders: { 'content-type': 'text/html' } },
      undocumented,
      /body of type "text\/html"/,
    ],
    ['a body to HEAD', get('/v1/inventory/inv_1/holds', { method: 'HEAD' }), undocumented, /a body to HEAD/],
    ['an unknown path that answers', { target: '/v1/foo' }, undocumented, /status 200 instead of 404/],
    ['another method that answers', { method: 'PUT' }, undocumented, /status 200 instead of 405/],
    [
      'a method left out of Allow',
      { method: 'PUT', status: 405, got: error('MALFORMED_REQUEST') },
      undocumented,
      /PATCH is not in Allow/,
    ],
    [
      'a body to HEAD of an unknown path',
      get('/v1/foo', { method: 'HEAD', status: 404 }),
      undocumented,
      /a body/,
    ],
    ['a number as text, and none', { sent: { qty: '1.5' } }, accepted, /qty must be integer/],
    [
      'a number with a fraction in the query',
      get('/v1/inventory/i/holds?limit=1.0', { got: { status: true, data: holds } }),
      accepted,
      /limit must be integer/,
    ],
    ['no quantity', { sent: {} }, accepted, /required property 'qty'/],
    ['a broken rule', { sent: { qty: 0 } }, accepted, /qty must be >= 1/],
    ['a long text', { sent: { qty: 1, notes: 'x'.repeat(1025) } }, accepted, /notes must NOT have more/],
    ['no body', { sent: '' }, accepted, /body is missing/],
    ['no JSON', { sent: '{' }, accepted, /body is not JSON/],
    [
      'null for a body that need not be there',
      {
        method: 'PATCH',
        target: '/v1/settings',
        sent: 'null',
        got: { status: true, data: { defaultTtlSeconds: 0 } },
      },
      accepted,
      /body must be object/,
    ],
    [
      'another Content-Type',
      { requestHeaders: { 'content-type': 'text/plain' } },
      accepted,
      /body of type "text\/plain"/,
    ],
    ['a bad id', { target: '/v1/inventory/a%20b/reserve' }, accepted, /path id must match/],
    ['a bad key', { requestHeaders: { 'idempotency-key': 'ü' } }, accepted, /Idempotency-Key must match/],
    [
      'a bad query',
      get('/v1/inventory/i/holds?limit=0', { got: { status: true, data: holds } }),
      accepted,
      /limit must be >= 1/,
    ],
    [
      'no number',
      get('/v1/inventory/i/holds?limit=x', { got: { status: true, data: holds } }),
      accepted,
      /limit must be integer/,
    ],
    [
      'a query that is not UTF-8',
      get('/v1/inventory/i/holds?limit=%zz', { got: { status: true, data: holds } }),
      accepted,
      /limit must be integer/,
    ],
    [
      'a parameter given twice',
      get('/v1/inventory/i/holds?limit=1&limit=2', { got: { status: true, data: holds } }),
      accepted,
      /given twice/,
    ],
    [
      'a good request',
      { status: 422, got: error('VALIDATION_FAILED', { errors: { qty: 'no' } }) },
      refused,
      /VALIDATION_FAILED/,
    ],
    ['a good request', { status: 400, got: error('MALFORMED_REQUEST') }, refused, /MALFORMED_REQUEST/],
  ])('%s: %j', (_, told, kind, detail) => {
    const found = check(told);
    expect(found.join('\n')).toMatch(detail);
    expect(found.every((line) => line.startsWith(`${kind}: `))).toBe(true);
  });

  test('an answer to a stranger', () => {
    const { authorization: _, ...requestHeaders } = { authorization: '', 'x-merchantapikey': 'k' };
    const found = contradictions(document, {
      ...{
        method: 'GET',
        target: '/v1/inventory/inv_1/holds',
        status: 200,
        requestHeaders,
        requestBody: undefined,
      },
      responseHeaders: { 'content-type': 'application/json', ...requestId },
      responseBody: JSON.stringify({ status: true, data: holds }),
    });
    expect(found).toEqual([{ kind: 'accepted although forbidden', detail: 'listHolds 200: no credentials' }]);
  });
});
