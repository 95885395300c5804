import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../../support/openapi/document.js';
import {
  at,
  feed,
  find,
  int32,
  move,
  paint,
  ref,
  search,
  zooRoot,
  zooYaml,
} from '../../support/openapi/zoo.js';

/** What the generator writes about requests, for a service that is not about inventory. */

test('YAML and JSON are one document', () => {
  expect(parse(zooYaml)).toEqual(zooRoot);
});

describe('paths and operations', () => {
  test.each<[string, Json]>([
    [`${feed} operationId`, 'feed'],
    ['paths /v1/animals/{animalId}/feed put operationId', 'feed2'],
    // This place does not show Markdown.
    [`${feed} summary`, 'Feeds a. b. and others'],
    [`${feed} tags`, ['animals']],
    [`${move} tags`, ['houses']],
    [
      'tags',
      [
        { name: 'animals', description: 'Who lives here.' },
        { name: 'houses', description: 'Calls under `houses`.' },
        { name: 'fossils', description: 'Calls under `fossils`.' },
        { name: 'count', description: 'Calls under `count`.' },
      ],
    ],
    ['info description', 'Keeps animals: a service for the tests of the OpenAPI generator.\n\nMore to say.'],
    ['servers', [{ url: '/zoo' }]],
    ['security', [{ pass: [], stamp: [] }]],
    [`${feed} security`, [{ pass: ['can_feed'], stamp: [] }]],
    [`${find} security`, [{ pass: [], stamp: [] }]],
    [`${paint} deprecated`, true],
  ])('%s', (place, expected) => {
    expect(at(place)).toEqual(expected);
  });

  test('a description keeps paragraphs and lists, and speaks of fields as JSON does', () => {
    expect(at(`${feed} description`)).toBe(
      'Twice a day.\n\nNeeds the permission `can_feed`. Fails with NOT_HUNGRY when the animal has eaten.\n' +
        '- The first item, on two lines.\n- The `foodName` of the second.',
    );
  });

  test('custom methods and RPCs without a rule are left out', () => {
    expect(Object.keys(at('paths /v1/animals') as JsonObject)).toEqual(['get']);
    expect(JSON.stringify(zooRoot)).not.toContain('Is not for REST');
  });
});

describe('parameters', () => {
  const parameters = (place: string): JsonObject[] => at(`${place} parameters`) as JsonObject[];
  const names = (place: string): unknown[] => parameters(place).map(({ name, $ref }) => name ?? $ref);

  test.each([
    [feed, ['animalId', '#/components/parameters/Idempotency-Key', '#/components/parameters/X-Id']],
    [
      move,
      [
        'place.name.1',
        'place.name.2',
        '#/components/parameters/Idempotency-Key',
        '#/components/parameters/X-Id',
      ],
    ],
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
    [
      paint,
      [
        'wildcard1',
        'place.name',
        'rest',
        'place.floor',
        '#/components/parameters/Idempotency-Key',
        '#/components/parameters/X-Id',
      ],
    ],
    // It says that it changes nothing.
    [search, ['#/components/parameters/X-Id']],
  ])(
    '%s: those that neither path nor body fill, no maps, no lists of messages, no endless recursion',
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
      { example: 'leo', schema: { ...string, pattern: '^[a-z]{2,8}$', minLength: 2, maxLength: 8 } },
    ],
    [move, 'place.name.1', { in: 'path', required: true, schema: { ...string, pattern: '^[^/]+$' } }],
    [paint, 'place.name', { in: 'path', required: true, schema: { ...string, pattern: '^[^/]+$' } }],
    [paint, 'wildcard1', { in: 'path', required: true, schema: { ...string, pattern: '^[^/]+$' } }],
    [paint, 'rest', { in: 'path', required: true, schema: string }],
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
        propertyNames: { maxLength: 4, not: { const: '__proto__' } },
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

  test('what an older syntax calls required and optional is', () => {
    expect(at('components schemas DigBody required')).toEqual(['name']);
    expect(at('components schemas DigBody properties bones')).toEqual({ ...int32, minimum: 1 });
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
    [`${paint} requestBody`, { required: false, content: { '*/*': {} } }],
    [
      'components schemas SearchBody properties',
      {
        name: { type: 'string', description: 'The old way.', deprecated: true },
        hue: { type: 'string' },
      },
    ],
  ])('%s', (place, expected) => {
    expect(at(place)).toEqual(expected);
  });
});
