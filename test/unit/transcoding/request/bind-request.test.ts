import { createRegistry, type JsonValue, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type MalformedInput, MalformedRequest } from '../../../../src/transcoding/index.js';
import { JsonCodec } from '../../../../src/transcoding/json/json-codec.js';
import { requestBinder } from '../../../../src/transcoding/request/bind-request.js';
import { readHttpRules } from '../../../../src/transcoding/rules/http-rules.js';
import { readingsOf, splitTarget } from '../../../../src/transcoding/rules/request-path.js';
import { NestedSchema } from '../../../gen/transcoding/v1/everything_pb.js';
import { LibraryService } from '../../../gen/transcoding/v1/library_service_pb.js';

const { tree, bindings } = readHttpRules([LibraryService]);
const registry = createRegistry(NestedSchema);
const codec = new JsonCodec([LibraryService]);
const binders = new Map(bindings.map((b) => [b, requestBinder(b, codec)]));

/** The JSON of the message that a request binds, zero values left out. */
function bind(request: string, body: string | Uint8Array = ''): JsonValue {
  const [method, target] = request.split(' ') as [string, string];
  const { path, query } = splitTarget(target);
  for (const reading of readingsOf(path)) {
    const binding = tree.find(method, reading);
    if (binding === undefined) continue;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    return toJson(binding.method.input, binders.get(binding)!(reading, query, bytes), {
      registry,
    }) as JsonValue;
  }
  throw new Error(`no route for ${request}`);
}

function faultOf(request: string, body: string | Uint8Array = ''): MalformedInput {
  try {
    const bound = bind(request, body);
    throw new Error(`bound ${JSON.stringify(bound)}`);
  } catch (error) {
    if (error instanceof MalformedRequest) return error.fault;
    throw error;
  }
}

describe('the path', () => {
  it.each<[string, JsonValue]>([
    ['GET /v1/books/7', { isbn: '7' }],
    ['GET /v1/books/a%2Fb%20c', { isbn: 'a/b c' }],
    ['GET /v1/shelves/1/books/2%2F3', { name: 'shelves/1/books/2%2F3' }],
    ['PATCH /v1/shelves/1/books/2', { book: { name: 'shelves/1/books/2' } }],
    [
      'GET /v1/echo/-5/true/COLOR_RED/9007199254740993',
      { int32Field: -5, boolField: true, enumField: 'COLOR_RED', nested: { int64Field: '9007199254740993' } },
    ],
    [
      'GET /v1/echo/0/false/2/-9223372036854775808',
      { enumField: 'COLOR_BLUE', nested: { int64Field: '-9223372036854775808' } },
    ],
    ['GET /v1/choices/0', { choiceNumber: 0 }],
    ['GET /v1/files/', {}],
  ])('%s', (request, expected) => {
    expect(bind(request)).toEqual(expected);
  });

  it.each([
    ['GET /v1/echo/x/true/0/0', 'int32Field'],
    ['GET /v1/echo/2.5/true/0/0', 'int32Field'],
    ['GET /v1/echo/2147483648/true/0/0', 'int32Field'],
    ['GET /v1/echo/0x10/true/0/0', 'int32Field'],
    ['GET /v1/echo/%201/true/0/0', 'int32Field'],
    ['GET /v1/echo/1e2/true/0/0', 'int32Field'],
    ['GET /v1/echo/1/TRUE/0/0', 'boolField'],
    ['GET /v1/echo/1/1/0/0', 'boolField'],
    ['GET /v1/echo/1/true/COLOR_GREEN/0', 'enumField'],
    ['GET /v1/echo/1/true/1.5/0', 'enumField'],
    ['GET /v1/echo/1/true/0/9223372036854775808', 'nested.int64Field'],
    ['GET /v1/echo/1/true/0/1'.replace(/1$/, '9'.repeat(500)), 'nested.int64Field'],
  ])('%s is malformed', (request, field) => {
    expect(faultOf(request)).toMatchObject({ kind: 'malformed', field });
  });
});

describe('the query', () => {
  it.each<[string, JsonValue]>([
    ['', {}],
    ['&', {}],
    ['=', {}],
    ['=x&&unknown=1&unknown.deeper=2', {}],
    ['unknown=%FF&unknown=%&unknown=é', {}],
    ['%FF=1&%=2&é=3&string%ZZField=4', {}],
    ['__proto__=1&constructor=2&toString=3', {}],
    ['stringField=a', { stringField: 'a' }],
    ['string_field=a', { stringField: 'a' }],
    ['stringField', {}],
    ['stringField=a=b', { stringField: 'a=b' }],
    ['stringField=a+b%2Bc', { stringField: 'a b+c' }],
    ['string%5Ffield=%E2%82%AC', { stringField: '€' }],
    ['int32Field=-2147483648', { int32Field: -2147483648 }],
    ['int64_field=9223372036854775807', { int64Field: '9223372036854775807' }],
    ['uint32Field=4294967295', { uint32Field: 4294967295 }],
    ['uint64Field=18446744073709551615', { uint64Field: '18446744073709551615' }],
    ['doubleField=-1.5e3', { doubleField: -1500 }],
    ['doubleField=NaN', { doubleField: 'NaN' }],
    ['floatField=-Infinity', { floatField: '-Infinity' }],
    ['floatField=3.4028235e38', { floatField: 3.4028234663852886e38 }],
    ['floatField=0.1', { floatField: 0.1 }],
    ['boolField=true', { boolField: true }],
    ['bytesField=aGk', { bytesField: 'aGk=' }],
    ['bytesField=-_8=', { bytesField: '+/8=' }],
    ['enumField=COLOR_BLUE', { enumField: 'COLOR_BLUE' }],
    ['enumField=2', { enumField: 'COLOR_BLUE' }],
    ['enumField=77', { enumField: 77 }],
    ['optionalField=0', { optionalField: 0 }],
    ['stringList=a&string_list=b&stringList=', { stringList: ['a', 'b', ''] }],
    ['int32List=1&int32List=2', { int32List: [1, 2] }],
    ['enumList=COLOR_RED&enumList=2', { enumList: ['COLOR_RED', 'COLOR_BLUE'] }],
    ['nested.stringField=a&nested.int64_field=5', { nested: { stringField: 'a', int64Field: '5' } }],
    [
      'nested.nested.nested.int32List=1&nested.nested.nested.int32_list=2',
      { nested: { nested: { nested: { int32List: [1, 2] } } } },
    ],
    ['recursive.recursive.boolField=true', { recursive: { recursive: { boolField: true } } }],
    ['choiceText=', { choiceText: '' }],
    [
      'choiceNested.stringField=a&choice_nested.int64Field=2',
      { choiceNested: { stringField: 'a', int64Field: '2' } },
    ],
    ['timestamp=2024-12-01T10:00:00.5%2B02:00', { timestamp: '2024-12-01T08:00:00.500Z' }],
    [
      'timestamp_list=2024-12-01T10:00:00Z&timestampList=2024-12-02T10:00:00Z',
      { timestampList: ['2024-12-01T10:00:00Z', '2024-12-02T10:00:00Z'] },
    ],
    ['duration=1.5s', { duration: '1.500s' }],
    ['fieldMask=stringField,nested.int64_field', { fieldMask: 'stringField,nested.int64Field' }],
    ['fieldMask=', { fieldMask: '' }],
    ['int32Wrapper=0', { int32Wrapper: 0 }],
    ['int64Wrapper=9007199254740993', { int64Wrapper: '9007199254740993' }],
    ['stringWrapper=', { stringWrapper: '' }],
    ['bool_wrapper=false', { boolWrapper: false }],
    ['int32Wrapper.value=5', { int32Wrapper: 5 }],
    ['timestamp.nanos=500000000&timestamp.seconds=1', { timestamp: '1970-01-01T00:00:01.500Z' }],
    ['field_mask.paths=a&fieldMask.paths=int64_field', { fieldMask: 'a,int64Field' }],
    ['value.boolValue=true', { value: true }],
    [
      'stringMap[a]=1&string_map%5Bb.c%5D=%20&stringMap[]=x&stringMap[d]&stringMap[[e]]=f&stringMap[constructor]=g',
      { stringMap: { a: '1', 'b.c': ' ', '': 'x', d: '', '[e]': 'f', constructor: 'g' } },
    ],
    ['unknown[a]=1&nested.unknown[a]=2&[a]=3&unknown[', {}],
    [`${'nested.'.repeat(40)}stringField=deep`, {}],
  ])('%s', (query, expected) => {
    expect(bind(`GET /v1/echo?${query}`)).toEqual(expected);
  });

  it.each([
    ['int32Field=', 'int32Field'],
    ['int32Field=x', 'int32Field'],
    ['int32_field=2.5', 'int32Field'],
    ['int32Field=2147483648', 'int32Field'],
    ['uint32Field=-1', 'uint32Field'],
    ['uint64Field=-1', 'uint64Field'],
    ['doubleField=abc', 'doubleField'],
    ['doubleField=1e999', 'doubleField'],
    ['floatField=1e39', 'floatField'],
    ['boolField=yes', 'boolField'],
    ['floatField=3.40282357e38', 'floatField'],
    ['bytesField=%21', 'bytesField'],
    ['bytesField=aGk==', 'bytesField'],
    ['bytesField=aGk=aGk=', 'bytesField'],
    ['bytesField=a', 'bytesField'],
    ['bytesField==', 'bytesField'],
    ['enumField=COLOR_GREEN', 'enumField'],
    ['enumField=2147483648', 'enumField'],
    ['int32List=1&int32List=x', 'int32List'],
    ['stringField=a&string_field=b', 'stringField'],
    ['nested.stringField=a&nested.string_field=b', 'nested.stringField'],
    ['choiceText=a&choiceNumber=1', 'choiceNumber'],
    ['choiceNested.stringField=a&choiceText=b', 'choiceText'],
    ['nested=x', 'nested'],
    ['nestedList=x', 'nestedList'],
    ['stringMap=x', 'stringMap'],
    ['stringMap.a=x', 'stringMap'],
    ['stringMap[a]=x&string_map[a]=y', 'stringMap.a'],
    ['stringMap[a=x', 'stringMap'],
    ['stringMap[__proto__]=x', 'stringMap'],
    ['nestedMap[a]=x', 'nestedMap'],
    ['nestedMap[a].stringField=x', 'nestedMap'],
    ['stringField[a]=x', 'stringField'],
    ['stringList[]=x', 'stringList'],
    ['stringList[0]=x', 'stringList'],
    ['nested[stringField]=x', 'nested'],
    ['struct=x', 'struct'],
    ['any=x', 'any'],
    ['timestamp=yesterday', 'timestamp'],
    ['duration=1', 'duration'],
    ['duration=1s+x', 'duration'],
    ['duration=1.1234567890s', 'duration'],
    ['fieldMask=_a', 'fieldMask'],
    ['fieldMask=a,,b', 'fieldMask'],
    ['fieldMask=COLOR_RED', 'fieldMask'],
    ['fieldMask=a_1', 'fieldMask'],
    ['int32Wrapper=1.5', 'int32Wrapper'],
    ['timestamp.seconds=253402300800', 'timestamp'],
    ['timestamp=2024-12-01T10:00:00Z&timestamp.nanos=-1', 'timestamp'],
    ['duration.seconds=1&duration.nanos=-1', 'duration'],
    ['recursive.fieldMask.paths=_A', 'recursive.fieldMask'],
    ['value.numberValue=NaN', 'value'],
    ['any.typeUrl=x', 'any'],
    ['stringField=%', undefined],
    ['stringField=%FF', undefined],
    ['stringField=é', undefined],
  ])('%s is malformed', (query, field) => {
    const fault = faultOf(`GET /v1/echo?${query}`);
    expect(fault.kind).toBe('malformed');
    expect(fault.field).toBe(field);
  });
});

describe('the body', () => {
  it.each<[string, string, JsonValue]>([
    ['POST /v1/echo', '', {}],
    ['POST /v1/echo', '{}', {}],
    ['POST /v1/echo', ' {"stringField":"a"} ', { stringField: 'a' }],
    ['POST /v1/echo', '{"string_field":"a","int32_field":1}', { stringField: 'a', int32Field: 1 }],
    [
      'POST /v1/echo',
      '{"int32Field":"12","int64Field":12,"uint64Field":"18446744073709551615"}',
      { int32Field: 12, int64Field: '12', uint64Field: '18446744073709551615' },
    ],
    [
      'POST /v1/echo',
      '{"int32Field":1.0,"doubleField":"NaN","floatField":1e3}',
      { int32Field: 1, doubleField: 'NaN', floatField: 1000 },
    ],
    [
      'POST /v1/echo',
      '{"unknown":{"a":[1]},"stringField":null,"nested":null,"stringList":null,"timestamp":null}',
      {},
    ],
    ['POST /v1/echo', '{"__proto__":{"stringField":"x"},"constructor":{"prototype":1},"toString":"x"}', {}],
    [
      'POST /v1/echo',
      '{"stringMap":{"constructor":"y","toString":"","hasOwnProperty":"z"},"struct":{"constructor":1}}',
      { stringMap: { constructor: 'y', toString: '', hasOwnProperty: 'z' }, struct: { constructor: 1 } },
    ],
    ['POST /v1/echo', '\ufeff{"stringField":"\ufeffa"}', { stringField: '\ufeffa' }],
    [
      'POST /v1/echo',
      '{"nestedList":[{"stringField":"a"},{}],"enumField":"COLOR_RED","enumList":[1,"COLOR_BLUE"]}',
      {
        nestedList: [{ stringField: 'a' }, {}],
        enumField: 'COLOR_RED',
        enumList: ['COLOR_RED', 'COLOR_BLUE'],
      },
    ],
    ['POST /v1/echo', '{"stringField":"\\ud83d\\ude00 \\"{[,:"}', { stringField: '😀 "{[,:' }],
    [
      'POST /v1/echo',
      '{"value":[1,{"a":null}],"any":{"@type":"type.googleapis.com/transcoding.v1.Nested","stringField":"a"}}',
      {
        value: [1, { a: null }],
        any: { '@type': 'type.googleapis.com/transcoding.v1.Nested', stringField: 'a' },
      },
    ],
    ['POST /v1/echo', `{"unknown":${'['.repeat(63)}${']'.repeat(63)}}`, {}],
    ['POST /v1/echo?stringField=ignored', '{"boolField":true}', { boolField: true }],
    [
      'POST /v1/books/7:lend',
      '{"isbn":"8","reader":"Ada","days_max":14}',
      { isbn: '7', reader: 'Ada', daysMax: 14 },
    ],
    ['POST /v1/books/7:lend', '{"isbn":{"not":"looked at"},"reader":"Ada"}', { isbn: '7', reader: 'Ada' }],
    [
      'POST /v1/echo/x',
      '{"nested":{"stringField":5,"string_field":[],"int64Field":1}}',
      { nested: { stringField: 'x', int64Field: '1' } },
    ],
    ['POST /v1/echo/x', '{"nested":null}', { nested: { stringField: 'x' } }],
    [
      'PATCH /v1/shelves/1/books/2?note=n&book.title=ignored',
      '{"name":"z","title":"T"}',
      { book: { name: 'shelves/1/books/2', title: 'T' }, note: 'n' },
    ],
    [
      'PATCH /v1/shelves/1/books/2?book.name=%FF',
      '{"name":{"not":"looked at"},"title":"T"}',
      { book: { name: 'shelves/1/books/2', title: 'T' } },
    ],
    ['PATCH /v1/shelves/1/books/2', '{}', { book: { name: 'shelves/1/books/2' } }],
    ['PATCH /v1/shelves/1/books/2', '', { book: { name: 'shelves/1/books/2' } }],
    [
      'POST /v1/shelves/s/books?dryRun=true&shelf=ignored',
      '[{"isbn":"1"},{"isbn":"2"}]',
      { shelf: 's', books: [{ isbn: '1' }, { isbn: '2' }], dryRun: true },
    ],
    ['POST /v1/shelves/s/books', 'null', { shelf: 's' }],
    ['PUT /v1/shelves/s/title', 'null', { shelf: 's' }],
    ['PUT /v1/shelves/s/title', '"New"', { shelf: 's', title: 'New' }],
    ['GET /v1/books/7?name=n&isbn=8', 'not looked at', { isbn: '7', name: 'n' }],
  ])('%s %s', (request, body, expected) => {
    expect(bind(request, body)).toEqual(expected);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).stringField).toBeUndefined();
  });

  it.each([
    ['{', undefined],
    ['{"a":1,}', undefined],
    ["{'a':1}", undefined],
    ['{"doubleField":NaN}', undefined],
    ['{"int32Field":01}', undefined],
    ['undefined', undefined],
    [' ', undefined],
    ['\ufeff\ufeff{}', undefined],
    ['{"stringMap":{"__proto__":"x"}}', 'stringMap'],
    ['{"nestedMap":{"k":{},"__proto__":{"stringField":"x"}}}', 'nestedMap'],
    ['{"struct":{"\\u005f_proto__":{"a":1}}}', 'struct'],
    ['{"a":1}{}', undefined],
    ['[]', undefined],
    ['"a"', undefined],
    ['5', undefined],
    ['null', undefined],
    ['true', undefined],
    ['{"int32Field":2.5}', 'int32Field'],
    ['{"int32Field":1e10}', 'int32Field'],
    ['{"int32Field":2147483648}', 'int32Field'],
    ['{"int32_field":true}', 'int32Field'],
    ['{"int32Field":{}}', 'int32Field'],
    ['{"int32Field":[]}', 'int32Field'],
    ['{"int32Field":""}', 'int32Field'],
    ['{"int32Field":" 1"}', 'int32Field'],
    ['{"int32Field":"one"}', 'int32Field'],
    ['{"int64Field":2.5}', 'int64Field'],
    ['{"int64Field":"9223372036854775808"}', 'int64Field'],
    ['{"uint32Field":-1}', 'uint32Field'],
    ['{"stringField":5}', 'stringField'],
    ['{"stringField":["a"]}', 'stringField'],
    ['{"boolField":"true"}', 'boolField'],
    ['{"boolField":1}', 'boolField'],
    ['{"bytesField":"!"}', 'bytesField'],
    ['{"enumField":1.5}', 'enumField'],
    ['{"enumField":true}', 'enumField'],
    ['{"doubleField":1e400}', 'doubleField'],
    ['{"floatField":1e39}', 'floatField'],
    ['{"value":{"a":[1e400]}}', 'value.a[0]'],
    ['{"nested":5}', 'nested'],
    ['{"nested":[]}', 'nested'],
    ['{"nested":{"nested":{"stringField":1}}}', 'nested.nested.stringField'],
    ['{"nestedList":{}}', 'nestedList'],
    ['{"nestedList":[{},{"int64Field":"x"}]}', 'nestedList[1].int64Field'],
    ['{"nestedList":[null]}', 'nestedList[0]'],
    ['{"int32List":[1,"2",3.5]}', 'int32List[2]'],
    ['{"stringMap":[]}', 'stringMap'],
    ['{"stringMap":{"a":1}}', 'stringMap.a'],
    ['{"nestedMap":{"a":{"stringField":{}}}}', 'nestedMap.a.stringField'],
    ['{"timestamp":"yesterday"}', 'timestamp'],
    ['{"timestamp":5}', 'timestamp'],
    ['{"duration":"1m"}', 'duration'],
    ['{"fieldMask":"a_b"}', 'fieldMask'],
    ['{"int32Wrapper":"x"}', 'int32Wrapper'],
    ['{"any":{"@type":"type.googleapis.com/no.Such"}}', 'any'],
    ['{"struct":[]}', 'struct'],
    ['{"stringField":"a","stringField":"b"}', 'stringField'],
    ['{"stringField":"a","string\\u0046ield":"b"}', 'stringField'],
    ['{"stringField":"a","string_field":"b"}', 'stringField'],
    ['{"unknown":{"a":1,"a":2}}', 'a'],
    ['{"choiceText":"a","choiceNumber":1}', undefined],
    ['{"stringField":"\\ud800"}', 'stringField'],
    ['{"stringField":"\\udc00\\ud800"}', 'stringField'],
    ['{"stringList":["ok","\\uD83D"]}', 'stringList[1]'],
    ['{"struct":{"a":"\\ud800"}}', 'struct.a'],
    ['{"struct":{"\\ud800":1}}', 'struct'],
    [`{"unknown":${'['.repeat(64)}${']'.repeat(64)}}`, undefined],
    [`{"struct":${'{"a":'.repeat(20000)}1${'}'.repeat(20000)}}`, undefined],
    [
      `${'{"recursive":'.repeat(63)}{"int32Field":true}${'}'.repeat(63)}`,
      'recursive'.concat('.recursive'.repeat(7)),
    ],
    [`{"int32Field":${'9'.repeat(400)}}`, 'int32Field'],
  ])('%s is malformed', (body, field) => {
    const fault = faultOf('POST /v1/echo', body);
    expect(fault.kind).toBe('malformed');
    expect(fault.field).toBe(field);
    expect(fault.description).not.toMatch(/cannot decode|google\.protobuf|transcoding\.v1/);
  });

  it.each([
    ['PATCH /v1/shelves/1/books/2', '[]', 'book'],
    ['PATCH /v1/shelves/1/books/2', 'null', 'book'],
    ['PATCH /v1/shelves/1/books/2', '{"pageCount":"x"}', 'book.pageCount'],
    ['POST /v1/shelves/s/books', '{}', 'books'],
    ['POST /v1/shelves/s/books', '[{"authors":[{"birthYear":1.5}]}]', 'books[0].authors[0].birthYear'],
    ['PUT /v1/shelves/s/title', '{}', 'title'],
    ['PUT /v1/shelves/s/title', '5', 'title'],
  ])('%s %s is malformed', (request, body, field) => {
    expect(faultOf(request, body)).toMatchObject({ kind: 'malformed', field });
  });

  it.each([
    ['lone continuation byte', [0x22, 0x80, 0x22]],
    ['overlong', [0x22, 0xc0, 0xaf, 0x22]],
    ['surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0, 0x7d, 0]],
  ])('bytes that are not UTF-8 are malformed: %s', (_, bytes) => {
    expect(faultOf('PUT /v1/shelves/s/title', Uint8Array.from(bytes)).description).toBe(
      'the body is not valid UTF-8',
    );
  });
});

it('what an enum takes is named', () => {
  expect(faultOf('GET /v1/echo?enumField=COLOR_GREEN').description).toMatch(
    /^must be one of COLOR_UNSPECIFIED, COLOR_RED, COLOR_BLUE.*, or its number$/,
  );
});

describe('answers', () => {
  const { echo, lendBook, addBooks, renameShelf } = LibraryService.method;

  it('write zero values out, in lowerCamelCase, and leave unset messages out', () => {
    const message = codec.decode(lendBook.output, { book: { isbn: '7' } });
    expect(codec.encode(lendBook.output, message)).toEqual({
      book: { name: '', isbn: '7', title: '', pageCount: 0, authors: [] },
    });
  });

  it.each([
    [
      'message',
      lendBook,
      { book: { isbn: '7' } },
      'book',
      { name: '', isbn: '7', title: '', pageCount: 0, authors: [] },
    ],
    ['unset message', lendBook, {}, 'book', null],
    ['list', addBooks, { isbns: ['1'] }, 'isbns', ['1']],
    ['empty list', addBooks, {}, 'isbns', []],
    ['scalar', renameShelf, { title: 'T' }, 'title', 'T'],
    ['zero scalar', renameShelf, {}, 'title', ''],
    ['int64', echo, { int64Field: 5 }, 'int64_field', '5'],
    ['unset optional', echo, {}, 'optional_field', null],
    ['map', echo, { stringMap: { a: 'b' } }, 'string_map', { a: 'b' }],
    ['enum', echo, { enumField: 1 }, 'enum_field', 'COLOR_RED'],
    [
      'oneof',
      echo,
      { choiceNested: {} },
      'choice_nested',
      { stringField: '', int64Field: '0', int32List: [] },
    ],
    ['unset oneof', echo, {}, 'choice_nested', null],
    ['timestamp', echo, { timestamp: '2024-12-01T10:00:00Z' }, 'timestamp', '2024-12-01T10:00:00Z'],
    ['wrapper', echo, { int32Wrapper: 0 }, 'int32_wrapper', 0],
    ['struct', echo, { struct: { a: [1] } }, 'struct', { a: [1] }],
  ] as const)('response_body of a field: %s', (_, method, json, name, expected) => {
    const message = codec.decode(method.output, json as unknown as JsonValue);
    const field = method.output.fields.find((f) => f.name === name)!;
    expect(codec.encodeField(method.output, message, field)).toEqual(expected);
  });
});
