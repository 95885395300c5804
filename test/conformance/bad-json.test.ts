import { describe, expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { expectUnharmed } from '../support/unharmed.js';

/** Bodies as hostile or careless clients write them, where JSON is spoken: REST and Connect. */

const test = base
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend(
    'send',
    ({ service, merchant }) =>
      async (path: string, method: string, body: string | Buffer<ArrayBuffer>) => {
        const response = await fetch(service.httpUrl + path, {
          method,
          headers: {
            authorization: `Bearer ${merchant.token}`,
            'x-merchantapikey': merchant.apiKey,
            'content-type': 'application/json',
          },
          body,
        });
        return { status: response.status, json: (await response.json()) as Record<string, unknown> };
      },
  );
expectUnharmed(test);

/** What a body comes to. `read`: it is understood, and the call then fails because the record does not exist. */
type Verdict = 'read' | 'malformed' | Record<string, string>;

const qtyRule = { qty: 'must be greater than 0' };
const nul = (field: string) => ({ [field]: 'must not contain the character U+0000' });
const withQty = (json: string): string => `{"qty":${json}}`;
const withReference = (json: string): string => `{"qty":1,"reference":${json}}`;
const nested = (depth: number): string => `{"qty":1,"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
const latin1 = (text: string): Buffer<ArrayBuffer> => Buffer.from(text, 'latin1');

/** Bodies that come to the same through both. */
const bodies: readonly (readonly [string | Buffer<ArrayBuffer>, Verdict])[] = [
  // Not JSON.
  ['{', 'malformed'],
  ['{"qty":1', 'malformed'],
  ['{"qty":1}}', 'malformed'],
  ['{"qty":1,}', 'malformed'],
  ['{"qty":1} {"qty":1}', 'malformed'],
  ["{'qty':1}", 'malformed'],
  ['{qty:1}', 'malformed'],
  ['qty=1', 'malformed'],
  ['<qty>1</qty>', 'malformed'],
  ['{"qty":1} // two', 'malformed'],
  ['{"qty":1}\0', 'malformed'],
  [withReference('"a\nb"'), 'malformed'],
  [withReference('"\\x41"'), 'malformed'],
  // Equal keys.
  ['{"qty":1,"qty":1}', 'malformed'],
  ['{"qty":1,"q\\u0074y":2}', 'malformed'],
  // Not an object.
  ['null', 'malformed'],
  ['[]', 'malformed'],
  ['[{"qty":1}]', 'malformed'],
  ['"qty"', 'malformed'],
  ['1', 'malformed'],
  ['true', 'malformed'],
  // Not a number, or not one in JSON's syntax.
  [withQty('true'), 'malformed'],
  [withQty('[]'), 'malformed'],
  [withQty('[1]'), 'malformed'],
  [withQty('{}'), 'malformed'],
  [withQty('01'), 'malformed'],
  [withQty('+1'), 'malformed'],
  [withQty('.5'), 'malformed'],
  [withQty('1.'), 'malformed'],
  [withQty('0x10'), 'malformed'],
  [withQty('1_000'), 'malformed'],
  [withQty('NaN'), 'malformed'],
  [withQty('Infinity'), 'malformed'],
  [withQty('"NaN"'), 'malformed'],
  [withQty('"Infinity"'), 'malformed'],
  [withQty('"one"'), 'malformed'],
  [withQty('""'), 'malformed'],
  [withQty('" 1"'), 'malformed'],
  [withQty('"1 "'), 'malformed'],
  [withQty('"1,000"'), 'malformed'],
  [withQty('"1; DROP TABLE stock_levels"'), 'malformed'],
  // Not an int32.
  [withQty('1.5'), 'malformed'],
  [withQty('1e-1'), 'malformed'],
  [withQty('2147483648'), 'malformed'],
  [withQty('-2147483649'), 'malformed'],
  [withQty('1e10'), 'malformed'],
  [withQty('1e400'), 'malformed'],
  [withQty('9007199254740993'), 'malformed'],
  [withQty('4294967297'), 'malformed'],
  [withQty('1.0000000000000001'), 'malformed'],
  [withQty('"1.0000000000000001"'), 'malformed'],
  [withQty('"0x1"'), 'malformed'],
  [withQty('"+1"'), 'malformed'],
  [withQty('"1e"'), 'malformed'],
  [withQty('"2147483648"'), 'malformed'],
  // An int32, however it is spelled.
  [withQty('1'), 'read'],
  [withQty('1.0'), 'read'],
  [withQty('1e2'), 'read'],
  [withQty('2147483647'), 'read'],
  // Protobuf's JSON mapping takes numbers in strings.
  [withQty('"2"'), 'read'],
  // An int32 that breaks its rule.
  [withQty('0'), qtyRule],
  [withQty('-0'), qtyRule],
  [withQty('-1'), qtyRule],
  [withQty('-2147483648'), qtyRule],
  [withQty('null'), qtyRule],
  ['{}', qtyRule],
  ['{"Qty":1}', qtyRule],
  ['{"quantity":1}', qtyRule],
  // Texts.
  [withReference('1'), 'malformed'],
  [withReference('true'), 'malformed'],
  [withReference('[]'), 'malformed'],
  [withReference('{}'), 'malformed'],
  [withReference('["A"]'), 'malformed'],
  [withReference('null'), 'read'],
  [withReference('"\\ud83e\\uddfe"'), 'read'],
  [withReference('"\\ud800"'), 'malformed'],
  [withReference('"\\udfff"'), 'malformed'],
  [withReference('"\\udc00\\ud800"'), 'malformed'],
  ['{"qty":1,"notes":"a\\ud800b"}', 'malformed'],
  [withReference('"\\u0000"'), nul('reference')],
  ['{"qty":1,"notes":"a\\u0000b"}', nul('notes')],
  [withReference(`"'; DROP TABLE stock_levels; --"`), 'read'],
  // Unknown fields are ignored, whatever is in them.
  ['{"qty":1,"colour":"red","lines":[{"a":{"b":null}}]}', 'read'],
  ['{"qty":1,"__proto__":{"qty":2},"constructor":{"prototype":{}}}', 'read'],
  ['{"qty":1,"":1}', 'read'],
  [nested(64), 'read'],
  [nested(65), 'malformed'],
  [nested(30_000), 'malformed'],
  ['['.repeat(60_000), 'malformed'],
  ['{"x":'.repeat(10_000), 'malformed'],
  ['{"qty":1,"x":{"y":1,"y":2}}', 'malformed'],
  [' \n', 'malformed'],
  // RFC 8259 lets a reader skip a byte order mark at the start of a text; anywhere else it is a character.
  ['\ufeff{"qty":1}', 'read'],
  ['\ufeff\ufeff{"qty":1}', 'malformed'],
  ['{"qty":1}\ufeff', 'malformed'],
  // Not UTF-8.
  [latin1('{"qty":1,"notes":"\xff\xfe"}'), 'malformed'],
  [latin1('{"qty":1,"notes":"\xc0\x80"}'), 'malformed'],
  [latin1('{"qty":1,"notes":"\xed\xa0\x80"}'), 'malformed'],
];

const restOnly: typeof bodies = [
  ['', qtyRule],
  // The path names the record. An id in the body is ignored, whatever it is.
  ['{"id":"inv_xyz789","qty":1}', 'read'],
  ['{"id":7,"qty":1}', 'read'],
  ['{"id":"../../etc/passwd","qty":1}', 'read'],
];

const connectOnly: typeof bodies = [['', 'malformed']];

describe.each(['reserve', 'release'])('REST, %s', (action) => {
  test.for(titled([...bodies, ...restOnly]))('%s → %o', async ([_, verdict, body], { send }) => {
    const answer = await send(`/v1/inventory/inv_none/${action}`, 'PATCH', body);
    const statuses = { read: 404, malformed: 400 };
    expect(answer.status).toBe(typeof verdict === 'string' ? statuses[verdict] : 422);
    const { status, code, message, errors } = answer.json;
    expect({ status, code }).toEqual({ status: false, code: codeOf(verdict) });
    expect(errors).toEqual(typeof verdict === 'string' ? undefined : verdict);
    if (verdict === 'malformed') expect(message).toMatch(/^Malformed request: \S/);
  });
});

describe('Connect JSON', () => {
  test.for(titled([...bodies, ...connectOnly]))('%s → %o', async ([_, verdict, body], { send }) => {
    const named = Buffer.from(
      Buffer.from(body)
        .toString('latin1')
        .replace(/\{(?="|\})/, (brace) => `${brace}"id":"inv_none"${body === '{}' ? '' : ','}`),
      'latin1',
    );
    const answer = await send(
      '/inventory.v1.InventoryService/Reserve',
      'POST',
      verdict === 'malformed' ? body : named,
    );
    const { code, details } = answer.json as { code: string; details: { type: string; debug: unknown }[] };
    expect(code).toBe(verdict === 'read' ? 'not_found' : 'invalid_argument');
    expect(details[0]).toMatchObject({ type: 'google.rpc.ErrorInfo', debug: { reason: codeOf(verdict) } });
    if (typeof verdict === 'string') return;
    const fieldViolations = Object.entries(verdict).map(([field, description]) => ({ field, description }));
    expect(details[1]).toMatchObject({ type: 'google.rpc.BadRequest', debug: { fieldViolations } });
  });
});

/** Line and column of the first character that cannot stand where it does. */
test.for([
  ['{', 1, 2],
  ['', 1, 1],
  ['{"qty":1,}', 1, 10],
  ['{"qty":1}}', 1, 10],
  ['{\n  "qty": 1,\r\n  "notes": nul\n}', 3, 12],
  ['{"notes":"\u{1f4e6}é" x', 1, 15],
  ['{"notes":"a\\x41"}', 1, 12],
  ['{"notes":"a\nb"}', 1, 12],
  ['{"notes":"abc', 1, 14],
  ['[1,2,03]', 1, 7],
  ['\ufeff{1}', 1, 2],
] as const)(
  '%j stops being JSON at line %i, column %i, for REST and Connect alike',
  async ([body, line, column], { send }) => {
    const message = `Malformed request: the body is not valid JSON (line ${line}, column ${column})`;
    if (body !== '') {
      const rest = await send('/v1/inventory/inv_none/reserve', 'PATCH', body);
      expect(rest).toMatchObject({ status: 400, json: { message } });
    }
    const connect = await send('/inventory.v1.InventoryService/Reserve', 'POST', body);
    expect(connect).toMatchObject({ status: 400, json: { message } });
  },
);

const CREATE = '"productId":"p","warehouseId":"w","initialQty":1';
const PROTOTYPE = '"variantAttributes":{"a":"b","\\u005f_proto__":"x"}';

test.for([
  ['POST', '/v1/inventory', `{${CREATE},${PROTOTYPE}}`, 'variantAttributes'],
  ['PATCH', '/v1/inventory/inv_xyz789', `{${PROTOTYPE}}`, 'variantAttributes'],
  ['POST', '/inventory.v1.InventoryService/CreateInventory', `{${CREATE},${PROTOTYPE}}`, 'variantAttributes'],
  [
    'POST',
    '/inventory.v1.InventoryService/UpdateInventory',
    `{"id":"inv_xyz789","details":{${PROTOTYPE}}}`,
    'details.variantAttributes',
  ],
] as const)('no attribute may be named __proto__: %s %s', async ([method, path, body, field], { send }) => {
  const { status, json } = await send(path, method, body);
  expect(status).toBe(400);
  expect(json.message).toBe(`Malformed request: ${field}: must not have a key named __proto__`);
});

test.for([
  ['PATCH', '/v1/inventory/inv_xyz789'],
  ['PATCH', '/v1/inventory/inv_xyz789/reserve'],
  ['POST', '/v1/orders/A/release'],
  ['POST', '/v1/orders/A/confirm'],
  ['PATCH', '/v1/settings'],
] as const)(
  'null is no body, not even where there need not be one: %s %s',
  async ([method, path], { send }) => {
    const { status, json } = await send(path, method, 'null');
    expect([status, json.code]).toEqual([400, 'MALFORMED_REQUEST']);
  },
);

function titled(rows: typeof bodies) {
  return rows.map(
    ([body, verdict]) => [JSON.stringify(body.toString()).slice(0, 60), verdict, body] as const,
  );
}

function codeOf(verdict: Verdict): string {
  if (verdict === 'read') return 'INVENTORY_NOT_FOUND';
  return verdict === 'malformed' ? 'MALFORMED_REQUEST' : 'VALIDATION_FAILED';
}
