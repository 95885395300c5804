import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Json, type JsonObject, OpenApiDocument } from '../../support/openapi/document.js';

/** What the generator makes of test/proto/openapi, by `npm run generate`: one line for each thing that it can say. */
const folder = new URL('../../golden/openapi/', import.meta.url);
const root = JSON.parse(readFileSync(new URL('openapi.json', folder), 'utf8')) as JsonObject;
const zoo = new OpenApiDocument(root);

/** The value at a dotted path; `/` in a path's name needs no escape. */
function at(place: string): Json | undefined {
  return place
    .split(' ')
    .reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], root);
}

const int32 = { type: 'integer', format: 'int32', minimum: -2147483648, maximum: 2147483647 };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const feed = 'paths /v1/animals/{animalId}/feed post';
const find = 'paths /v1/animals get';
const move = 'paths /v1/{place.name}:move patch';

test('YAML and JSON are one document', () => {
  expect(parse(readFileSync(new URL('openapi.yaml', folder), 'utf8'))).toEqual(root);
});

describe('paths and operations', () => {
  test.each<[string, Json]>([
    [`${feed} operationId`, 'feed'],
    ['paths /v1/animals/{animalId}/feed put operationId', 'feed2'],
    [`${feed} summary`, 'Feeds `a. b.` and others'],
    [`${feed} tags`, ['animals']],
    [`${move} tags`, ['houses']],
    [
      'tags',
      [
        { name: 'animals', description: 'Who lives here.' },
        { name: 'houses', description: 'Calls under `houses`.' },
      ],
    ],
    ['info description', 'Keeps animals: a service for the tests of the OpenAPI generator.\n\nMore to say.'],
    ['servers', [{ url: '/zoo' }]],
    ['security', [{ pass: [], stamp: [] }]],
    [`${feed} security`, [{ pass: ['can_feed'], stamp: [] }]],
    [`${find} security`, [{ pass: [], stamp: [] }]],
  ])('%s', (place, expected) => {
    expect(at(place)).toEqual(expected);
  });

  test('a description keeps paragraphs and lists, and speaks of fields as JSON does', () => {
    expect(at(`${feed} description`)).toBe(
      'Twice a day.\n\nNeeds the permission `can_feed`. Fails with NOT_HUNGRY when the animal has eaten.\n' +
        '- The first item, on two lines.\n- The `foodName` of the second.',
    );
  });

  test('custom methods and RPCs without a rule have no words', () => {
    expect(Object.keys(at('paths /v1/animals') as JsonObject)).toEqual(['get']);
    expect(JSON.stringify(root)).not.toContain('Is not for REST');
  });
});

describe('parameters', () => {
  const parameters = (place: string): JsonObject[] => at(`${place} parameters`) as JsonObject[];
  const names = (place: string): unknown[] => parameters(place).map(({ name, $ref }) => name ?? $ref);

  test.each([
    [feed, ['animalId', '#/components/parameters/Idempotency-Key', '#/components/parameters/X-Id']],
    [move, ['place.name', '#/components/parameters/Idempotency-Key', '#/components/parameters/X-Id']],
    [
      find,
      [
        'tags',
        'filter.namePart',
        'kind',
        'limit',
        'since',
        'readMask',
        'tame',
        '#/components/parameters/X-Id',
      ],
    ],
  ])(
    '%s: those that neither path nor body fill, no maps, no lists of messages, no end of recursion',
    (place, expected) => {
      expect(names(place)).toEqual(expected);
    },
  );

  const string = { type: 'string' };
  test.each<[string, string, JsonObject]>([
    [feed, 'animalId', { in: 'path', required: true, description: 'Who.' }],
    [
      feed,
      'animalId',
      { schema: { ...string, pattern: '^[a-z]{2,8}$', minLength: 2, maxLength: 8, examples: ['leo'] } },
    ],
    [
      move,
      'place.name',
      { in: 'path', required: true, schema: { ...string, pattern: '^houses/[^/]+/cages/[^/]+$' } },
    ],
    [
      find,
      'tags',
      { in: 'query', style: 'form', explode: true, schema: { type: 'array', items: string, maxItems: 5 } },
    ],
    [find, 'filter.namePart', { in: 'query', description: 'Part of the name.', schema: string }],
    [find, 'limit', { in: 'query', required: true, schema: { ...int32, minimum: 1 } }],
    [find, 'kind', { in: 'query', schema: ref('Kind') }],
    [find, 'since', { schema: { ...string, format: 'date-time', maxLength: 35 } }],
    [find, 'tame', { schema: { type: 'boolean' } }],
  ])('%s: %s', (place, name, expected) => {
    expect(parameters(place).find((parameter) => parameter.name === name)).toMatchObject(expected);
  });
});

describe('what callers send', () => {
  test.each<[string, Json]>([
    ['foodName', { type: 'string', minLength: 1, maxLength: 9 }],
    ['grams', { ...int32, minimum: 1, maximum: 99 }],
    ['seconds', { ...int32, minimum: 0, maximum: 60 }],
    ['change', { ...int32, not: { const: 0 } }],
    ['given', int32],
    ['kind', ref('Kind')],
    ['someKind', { type: 'string', enum: ['KIND_LION'] }],
    [
      'tags',
      { type: 'array', items: { type: 'string', maxLength: 5 }, minItems: 1, maxItems: 3, uniqueItems: true },
    ],
    [
      'attributes',
      {
        type: 'object',
        propertyNames: { maxLength: 4 },
        additionalProperties: { type: 'string', maxLength: 6 },
        maxProperties: 2,
      },
    ],
    ['unruled', { type: 'string' }],
    ['maybe', { type: 'string', anyOf: [{ const: '' }, { minLength: 3 }] }],
    ['mail', { type: 'string', format: 'email' }],
    ['color', { type: 'string', enum: ['red', 'blue'] }],
    ['prefixed', { type: 'string', pattern: '^a\\.b' }],
    ['big', { type: 'string', format: 'int64', pattern: '^-?\\d{1,19}$', maxLength: 20 }],
    ['unsigned', { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 }],
    ['ratio', { type: 'number', format: 'double', minimum: 0, exclusiveMaximum: 1 }],
    ['sure', { type: 'boolean', const: true }],
    ['blob', { type: 'string', contentEncoding: 'base64', format: 'byte' }],
    ['even', { ...int32, description: 'Rule: must be even' }],
    ['mate', ref('AnimalInput')],
    ['pause', { type: 'string', pattern: '^-?\\d{1,12}(\\.\\d{1,9})?s$', maxLength: 24 }],
    ['extra', { type: 'object' }],
  ])('%s', (name, expected) => {
    expect(at(`components schemas FeedBody properties ${name}`)).toEqual(expected);
  });

  test('fields whose absence breaks a rule are required; those in the path are elsewhere', () => {
    expect(at('components schemas FeedBody required')).toEqual([
      'foodName',
      'grams',
      'change',
      'given',
      'kind',
      'someKind',
      'tags',
      'mail',
      'color',
      'prefixed',
      'sure',
    ]);
    expect(at('components schemas FeedBody properties animalId')).toBeUndefined();
    expect(at('components schemas MoveBody properties place properties')).toEqual({ floor: int32 });
  });

  test('unknown fields are not forbidden', () => {
    expect(at('components schemas FeedBody additionalProperties')).toBeUndefined();
    expect(at('components schemas AnimalInput additionalProperties')).toBeUndefined();
  });

  test.each<[string, Json]>([
    [`${feed} requestBody required`, true],
    [`${move} requestBody required`, false],
    [`${feed} requestBody content application/json schema`, ref('FeedBody')],
    ['paths /v1/houses put requestBody content application/json schema type', 'array'],
    ['paths /v1/houses put requestBody content application/json schema items', ref('AnimalInput')],
    ['paths /v1/animals/{animalId}/feed put requestBody content application/json schema maxLength', 9],
  ])('%s', (place, expected) => {
    expect(at(place)).toEqual(expected);
  });
});

describe('what the service answers', () => {
  test.each<[string, Json]>([
    ['animalId', { type: 'string', examples: ['leo'] }],
    [
      'dailyGrams',
      { ...int32, minimum: 1, maximum: 900, description: 'Grams a day, 1 to 900.', examples: [7] },
    ],
    ['nickName', { type: ['string', 'null'], description: 'Null when none.' }],
    ['kind', ref('Kind')],
    ['place', ref('AnimalPlace')],
    ['children', { type: 'array', items: ref('Animal') }],
    ['measures', { type: 'object', additionalProperties: int32 }],
    ['legs', int32],
  ])('%s', (name, expected) => {
    expect(at(`components schemas Animal properties ${name}`)).toEqual(expected);
  });

  test('everything is there but messages that may be absent, and nothing else', () => {
    expect(at('components schemas Animal required')).toEqual([
      'animalId',
      'dailyGrams',
      'nickName',
      'place',
      'children',
      'measures',
      'cells',
      'legs',
    ]);
    expect(at('components schemas Animal additionalProperties')).toBe(false);
  });

  test.each<[string, Json]>([
    [feed, { ...ref('Animal'), description: 'As it is now.' }],
    [find, { type: 'array', items: ref('Animal'), description: 'The animals that fit.' }],
    [move, ref('Animal')],
    ['paths /v1/houses put', { ...int32, description: 'How many there are.' }],
  ])('%s: in the envelope', (place, data) => {
    expect(at(`${place} responses 200 content application/json schema`)).toEqual({
      type: 'object',
      properties: {
        status: { type: 'boolean', const: true, description: 'Whether the call succeeded.' },
        data,
      },
      required: ['status', 'data'],
      additionalProperties: false,
    });
  });

  test('a stream: its messages without an envelope, or an error', () => {
    const schema = { anyOf: [ref('Animal'), ref('Error'), ref('Stranger')] };
    expect(at('paths /v1/animals/watch get responses 200 content')).toEqual({
      'application/x-ndjson': { schema },
      'text/event-stream': { schema },
    });
    const parameters = at('paths /v1/animals/watch get parameters') as JsonObject[];
    expect(parameters).toContainEqual({ $ref: '#/components/parameters/Last-Event-ID' });
  });

  test('an enum without the value for none, each value with its meaning', () => {
    expect(at('components schemas Kind')).toEqual({
      type: 'string',
      description: 'What it is.\n\n- `KIND_LION`: Roars.\n- `KIND_SEAL`: Swims.',
      enum: ['KIND_LION', 'KIND_SEAL'],
    });
  });
});

describe('failures', () => {
  const statuses = (place: string) => Object.keys(at(`${place} responses`) as JsonObject);
  test.each([
    [feed, ['200', '400', '401', '406', '413', '422', '503']],
    [find, ['200', '401', '406', '422', '503']],
    [move, ['200', '400', '401', '406', '413', '422', '503']],
  ])('%s: those that its comment names, those of every call, those of bodies', (place, expected) => {
    expect(statuses(place)).toEqual(expected);
  });

  const error = { status: false, message: 'No.', code: 'INVALID', requestId: 'id-1' };
  const errors = { grams: 'x' };
  /** Pointer of the response, body, whether it is described. */
  test.each<[string, Json, boolean]>([
    [`${feed} 400`, { ...error, code: 'NOT_HUNGRY' }, true],
    [`${feed} 400`, { ...error, code: 'CLOSED' }, false],
    [`${feed} 400`, { ...error, code: 'NOT_HUNGRY', more: 1 }, false],
    [`${feed} 400`, { ...error, code: 'NOT_HUNGRY', status: true }, false],
    [`${feed} 400`, { status: false, message: 'No.', code: 'NOT_HUNGRY' }, false],
    [`${move} 400`, { ...error, code: 'NOT_HUNGRY', lines: [1] }, true],
    [`${move} 400`, { ...error, code: 'NOT_HUNGRY' }, false],
    [`${feed} 422`, { ...error, errors }, true],
    [`${feed} 422`, error, false],
    [`${feed} 422`, { ...error, code: 'REUSED' }, true],
    [`${feed} 422`, { ...error, code: 'REUSED', errors }, false],
    [`${find} 422`, { ...error, errors }, true],
    [`${find} 422`, { ...error, code: 'REUSED' }, false],
    [`${find} 401`, { who: 'stranger', statusCode: 401, status: false }, true],
    [`${find} 401`, { who: 'friend', statusCode: 401, status: false }, false],
    [`${find} 401`, { ...error, code: 'STRANGER' }, false],
    [`${feed} 413`, { ...error, code: 'MALFORMED_REQUEST' }, true],
    [`${feed} 413`, { ...error, code: 'LIONS' }, false],
    [`${find} 503`, { ...error, code: 'CLOSED' }, true],
  ])('%s: %j: %s', (place, body, described) => {
    const [, path, method, status] = place.split(' ') as [string, string, string, string];
    const pointer = `/paths/${path.replaceAll('/', '~1')}/${method}/responses/${status}`;
    const response = zoo.at(pointer)!;
    expect(zoo.faults(`${response.pointer}/content/application~1json/schema`, body, '').length === 0).toBe(
      described,
    );
  });

  test.each<[string, string[]]>([
    [`${feed} responses 200`, ['X-Id', 'Replayed']],
    [`${feed} responses 400`, ['X-Id', 'Replayed']],
    [`${find} responses 200`, ['X-Id']],
    ['components responses ServiceUnavailable', ['X-Id', 'Retry-After']],
    ['components responses UnprocessableEntityOnChange', ['X-Id', 'Replayed']],
    ['components responses UnprocessableEntity', ['X-Id']],
  ])('%s: headers', (place, expected) => {
    expect(Object.keys(at(`${place} headers`) as JsonObject)).toEqual(expected);
  });

  test('a header that only some of the reasons bring is not required', () => {
    const { 'Retry-After': header } = at('paths /v1/animals/watch get responses 503 headers') as JsonObject;
    expect(header).toMatchObject({ required: false, schema: { type: 'integer' } });
  });

  test('each reason has its example', () => {
    expect(at('components examples NOT_HUNGRY')).toEqual({
      summary: 'It has eaten. Twice',
      value: { status: false, message: 'It has eaten 2 times.', code: 'NOT_HUNGRY', requestId: 'id-1' },
    });
    expect(at('components examples Move_NOT_HUNGRY value lines')).toEqual([1]);
    expect(at('components examples STRANGER value')).toEqual({
      who: 'stranger',
      statusCode: 401,
      status: false,
    });
  });
});
