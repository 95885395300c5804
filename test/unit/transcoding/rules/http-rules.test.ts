import { describe, expect, it } from 'vitest';
import { InvalidHttpRules } from '../../../../src/transcoding/index.js';
import { libraryWith, type MethodName, type RuleInit, transcoder } from '../support.js';

const get = (path: string): RuleInit => ({ pattern: { case: 'get', value: path } });
const post = (path: string, body: string): RuleInit => ({ pattern: { case: 'post', value: path }, body });

function problemsOf(rules: Partial<Record<MethodName, RuleInit>>): readonly string[] {
  try {
    transcoder({ services: [libraryWith(rules)] });
    return [];
  } catch (error) {
    if (error instanceof InvalidHttpRules) return error.problems;
    throw error;
  }
}

const file = 'transcoding/v1/library_service.proto: transcoding.v1.LibraryService';

describe('rules that cannot be served are found at the start', () => {
  it.each<[string, Partial<Record<MethodName, RuleInit>>, string]>([
    [
      'grammar',
      { getBook: get('/v1/{') },
      `${file}.GetBook: "/v1/{": column 6: expected a field name, found the end`,
    ],
    ['no pattern', { getBook: { additionalBindings: [get('/a')] } }, `${file}.GetBook: "": has no pattern`],
    ['empty pattern', { getBook: get('') }, `${file}.GetBook: "": column 1: expected "/", found the end`],
    [
      'unknown field',
      { getBook: get('/v1/{nope}') },
      `${file}.GetBook: "/v1/{nope}": column 6: transcoding.v1.GetBookRequest has no field "nope"`,
    ],
    [
      'JSON spelling',
      { echo: get('/v1/{stringField}') },
      `${file}.Echo: "/v1/{stringField}": column 6: transcoding.v1.Everything has no field "stringField"`,
    ],
    [
      'unknown nested field',
      { echo: get('/v1/{nested.nope}') },
      `${file}.Echo: "/v1/{nested.nope}": column 6: transcoding.v1.Everything has no field "nested.nope"`,
    ],
    [
      'through a scalar',
      { echo: get('/v1/{string_field.x}') },
      `${file}.Echo: "/v1/{string_field.x}": column 6: transcoding.v1.Everything has no field "string_field.x"`,
    ],
    [
      'through a list',
      { echo: get('/v1/{nested_list.string_field}') },
      `${file}.Echo: "/v1/{nested_list.string_field}": column 6: transcoding.v1.Everything has no field "nested_list.string_field"`,
    ],
    [
      'repeated field',
      { echo: get('/v1/{string_list}') },
      `${file}.Echo: "/v1/{string_list}": column 6: "string_list" is repeated: a path can bind scalars and enums only`,
    ],
    [
      'map field',
      { echo: get('/v1/{string_map}') },
      `${file}.Echo: "/v1/{string_map}": column 6: "string_map" is a map: a path can bind scalars and enums only`,
    ],
    [
      'message field',
      { echo: get('/v1/a/{nested}') },
      `${file}.Echo: "/v1/a/{nested}": column 8: "nested" is a message: a path can bind scalars and enums only`,
    ],
    [
      'unknown body',
      { echo: post('/v1', 'nope') },
      `${file}.Echo: "/v1": body: transcoding.v1.Everything has no field "nope"`,
    ],
    [
      'nested body',
      { echo: post('/v1', 'nested.string_field') },
      `${file}.Echo: "/v1": body: transcoding.v1.Everything has no field "nested.string_field"`,
    ],
    [
      'unknown response_body',
      { echo: { ...get('/v1'), responseBody: 'nope' } },
      `${file}.Echo: "/v1": response_body: transcoding.v1.Everything has no field "nope"`,
    ],
    [
      'path and body',
      { echo: post('/v1/{string_field}', 'string_field') },
      `${file}.Echo: "/v1/{string_field}": column 6: "string_field" is bound by the path and by the body`,
    ],
    [
      'empty custom kind',
      { echo: { pattern: { case: 'custom', value: { kind: '', path: '/v1' } } } },
      `${file}.Echo: "/v1": custom kind "" is no HTTP method`,
    ],
    [
      'custom kind with a space',
      { echo: { pattern: { case: 'custom', value: { kind: 'A B', path: '/v1' } } } },
      `${file}.Echo: "/v1": custom kind "A B" is no HTTP method`,
    ],
    [
      'nested additional bindings',
      { getBook: { ...get('/a'), additionalBindings: [{ ...get('/b'), additionalBindings: [get('/c')] }] } },
      `${file}.GetBook: additional_bindings may not be nested`,
    ],
    [
      'conflict',
      { getBook: get('/v1/{name}'), purge: get('/v1/{isbn}') },
      `${file}.Purge: "/v1/{isbn}": column 1: matches the same paths as "/v1/{name}" of ${file}.GetBook`,
    ],
    [
      'conflict with itself',
      { getBook: { ...get('/v1/{name}'), additionalBindings: [get('/v1/{isbn}')] } },
      `${file}.GetBook: "/v1/{isbn}": column 1: matches the same paths as "/v1/{name}" of ${file}.GetBook`,
    ],
  ])('%s', (_, rules, problem) => {
    expect(problemsOf(rules)).toContain(problem);
  });

  it('all of them at once', () => {
    expect(problemsOf({ getBook: get('/{'), echo: get('/{nope}'), purge: get('/ok') })).toHaveLength(2);
  });

  it.each<[string, Partial<Record<MethodName, RuleInit>>]>([
    ['other method', { getBook: get('/v1/{name}'), purge: post('/v1/{isbn}', '*') }],
    ['literal next to variable', { getBook: get('/v1/{name}'), purge: get('/v1/newest') }],
    ['other verb', { getBook: get('/v1/{name}'), purge: get('/v1/{isbn}:purge') }],
    ['`**` next to `*`', { getBook: get('/v1/{name}'), purge: get('/v1/{isbn=**}') }],
    ['a field of the body bound by the path', { updateBook: post('/v1/{book.name}', 'book') }],
    ['body on GET', { echo: { ...get('/v1'), body: 'nested' } }],
    ['no rule at all', {}],
  ])('no problem: %s', (_, rules) => {
    expect(problemsOf(rules)).toEqual([]);
  });

  it('the table of routes says what is served', () => {
    const { routes, matches } = transcoder();
    expect(routes).toHaveLength(24);
    expect(routes).toContainEqual({
      method: 'POST',
      template: '/v1/books/{isbn}:lend',
      rpc: 'transcoding.v1.LibraryService.LendBook',
      body: '*',
      responseBody: 'book',
    });
    expect(routes).toContainEqual({
      method: 'PURGE',
      template: '/v1/books/{isbn}',
      rpc: 'transcoding.v1.LibraryService.Purge',
      body: '',
      responseBody: '',
    });
    expect(['/v1/books/7', '/v1/books/7:lend', '/v1/any/x?y=1'].map(matches)).toEqual([true, true, true]);
    expect(['/v1/nothing', '/v1/books/', '', '*', '/v1/books/%'].map(matches)).toEqual(Array(5).fill(false));
  });
});
