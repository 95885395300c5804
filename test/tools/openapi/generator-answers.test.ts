import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../support/openapi/document.js';
import { at, feed, find, int32, move, paint, ref, search, watch, zoo } from '../../support/openapi/zoo.js';

/** What the generator writes about answers, for a service that is not about inventory. */

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

  test('all is required but messages that may be absent, and nothing else is allowed', () => {
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

  test('a stream: its messages without an envelope, or an error; errors that only end it are examples here', () => {
    const content = {
      schema: { anyOf: [ref('Animal'), ref('Error'), ref('Stranger')] },
      examples: {
        message: { summary: 'A message', value: { animalId: 'leo' } },
        TIRED: { $ref: '#/components/examples/TIRED' },
      },
    };
    expect(at(`${watch} responses 200 content`)).toEqual({
      'application/x-ndjson': content,
      'text/event-stream': content,
    });
    const parameters = at(`${watch} parameters`) as JsonObject[];
    expect(parameters).toContainEqual({ $ref: '#/components/parameters/Last-Event-ID' });
  });

  test('what an older syntax calls required and optional is', () => {
    expect(at('components schemas Fossil required')).toEqual(['name', 'bones', 'places']);
    expect(at('components schemas Fossil properties bones')).toEqual({
      ...int32,
      type: ['integer', 'null'],
      minimum: 1,
    });
    expect(at('components schemas Era enum')).toEqual(['ERA_OLD', 'ERA_OLDER']);
  });

  test('a body of any type', () => {
    expect(at(`${paint} responses 200 content`)).toEqual({ '*/*': {} });
  });

  test.each<[string, Json]>([
    ['any', { type: 'object', required: ['@type'], properties: { '@type': { type: 'string' } } }],
    ['value', {}],
    ['list', { type: 'array', items: {} }],
    ['nothing', { type: 'null' }],
    ['empty', { type: 'object' }],
    ['places', { type: 'object', additionalProperties: ref('AnimalPlace') }],
    ['kinds', { type: 'object', additionalProperties: ref('Kind') }],
    ['times', { type: 'array', items: { type: 'string', format: 'date-time', maxLength: 35 } }],
    ['huge', { type: 'string', format: 'uint64', pattern: '^\\d{1,20}$', maxLength: 20 }],
    ['hugeToo', { type: 'string', format: 'int64', pattern: '^-?\\d{1,19}$', maxLength: 20 }],
    ['fixed', { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 }],
    ['share', { type: 'number', format: 'float' }],
    ['more', { ...ref('Odds'), description: 'Never ends; absent at the end.' }],
  ])('a form of its own: %s', (name, expected) => {
    expect(at(`components schemas Odds properties ${name}`)).toEqual(expected);
  });

  test('no field of a oneof is required', () => {
    const required = at('components schemas Odds required');
    expect(required).toContain('share');
    for (const name of ['text', 'animal', 'more']) expect(required).not.toContain(name);
  });

  test('an enum without its unspecified value, each value with its meaning', () => {
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
    [feed, ['200', '400', '401', '403', '406', '413', '422', '503']],
    [find, ['200', '400', '401', '403', '406', '422', '503']],
    [move, ['200', '400', '401', '403', '406', '413', '422', '503']],
    // Its request has nothing that could be wrong.
    ['paths /v1/count get', ['200', '401', '403', '406', '503']],
  ])('%s: those that its comment names, those of every call, those of what is sent', (place, expected) => {
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
    [`${search} responses 200`, ['X-Id']],
    [`${watch} responses 200`, ['X-Id', 'Flow']],
    [`${feed} responses 400`, ['X-Id', 'Replayed']],
    [`${find} responses 200`, ['X-Id']],
    ['components responses ServiceUnavailable', ['X-Id', 'Retry-After']],
    ['components responses UnprocessableEntityFoodNameOnChange', ['X-Id', 'Replayed']],
    ['components responses UnprocessableEntityLimit', ['X-Id']],
  ])('%s: headers', (place, expected) => {
    expect(Object.keys(at(`${place} headers`) as JsonObject)).toEqual(expected);
  });

  test('a header that only some of the reasons bring is not required', () => {
    const { 'Retry-After': header } = at(`${watch} responses 503 headers`) as JsonObject;
    expect(header).toMatchObject({ required: false, schema: { type: 'integer' } });
  });

  test.each<[string, string, Json]>([
    // What the facts say for this call, or else the reason's comment.
    [`${feed} 400`, 'NOT_HUNGRY', 'It has eaten 2 times.'],
    [`${move} 400`, 'NOT_HUNGRY', 'Does not move.'],
    // Depends on where the call takes most of what is sent.
    [`${feed} 400`, 'MALFORMED_REQUEST', 'No body.'],
    [`${find} 400`, 'MALFORMED_REQUEST', 'No query.'],
    // The permission that the call needs.
    [`${feed} 403`, 'FORBIDDEN', 'You lack can_feed.'],
    [`${search} 403`, 'FORBIDDEN', 'You lack can_look.'],
    [`${find} 406`, 'MALFORMED_REQUEST', 'Take it.'],
    [`${watch} 406`, 'MALFORMED_REQUEST', 'Take it in parts.'],
  ])('%s: the message of %s: %s', (place, reason, message) => {
    expect(exampleAt(place, reason)).toMatchObject({ status: false, code: reason, message });
  });

  test.each<[string, Json]>([
    // What an empty request lacks, in the words of the service.
    [
      feed,
      {
        foodName: 'must not be empty',
        grams: 'must be greater than 0 and less than 100',
        change: 'is required, and must not be 0',
        given: 'is required',
        kind: 'must not be in list [0]',
        someKind: 'must be in list [1]',
        tags: 'must contain at least 1 item(s)',
        mail: 'value is empty, which is not a valid email address',
        color: 'must be in list [red, blue]',
        prefixed: 'does not have prefix `a.b`',
        sure: 'must equal true',
      },
    ],
    [find, { limit: 'must be greater than or equal to 1' }],
    // Nothing in it can be wrong.
    [search, { grams: 'too many' }],
  ])('%s: fields that break rules: %j', (place, errors) => {
    expect(exampleAt(`${place} 422`, 'INVALID')).toMatchObject({ errors });
  });

  function exampleAt(place: string, reason: string): JsonObject {
    const [, path, method, status] = place.split(' ') as [string, string, string, string];
    const response = zoo.at(`/paths/${path.replaceAll('/', '~1')}/${method}/responses/${status}`)!;
    return zoo.at(`${response.pointer}/content/application~1json/examples/${reason}`)!.value
      .value as JsonObject;
  }

  test('each reason has its example', () => {
    expect(at('components examples NOT_HUNGRY')).toEqual({
      summary: 'It has eaten. Twice',
      value: { status: false, message: 'It has eaten 2 times.', code: 'NOT_HUNGRY', requestId: 'id-1' },
    });
    expect(exampleAt(`${move} 400`, 'NOT_HUNGRY').lines).toEqual([1]);
    expect(at('components examples STRANGER value')).toEqual({
      who: 'stranger',
      statusCode: 401,
      status: false,
    });
  });
});
