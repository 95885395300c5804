import { createRegistry, type DescMessage, type JsonValue, toJson } from '@bufbuild/protobuf';
import {
  DurationSchema,
  Int32ValueSchema,
  ListValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { MalformedRequest } from '../../../src/transcoding/index.js';
import { JsonCodec } from '../../../src/transcoding/json/json-codec.js';
import { parseJson } from '../../../src/transcoding/json/json-text.js';
import { type Everything, EverythingSchema, NestedSchema } from '../../gen/transcoding/v1/everything_pb.js';
import { LibraryService } from '../../gen/transcoding/v1/library_service_pb.js';

/** https://protobuf.dev/programming-guides/json/, value by value. */

const codec = new JsonCodec([LibraryService]);
const registry = createRegistry(EverythingSchema, NestedSchema, DurationSchema);

/** A JSON text read as the message and written again, zero values left out; or the culprit. */
function read(text: string): JsonValue {
  try {
    const message = codec.decode(EverythingSchema, parseJson(Buffer.from(text)));
    return toJson(EverythingSchema, message as Everything, { registry }) as JsonValue;
  } catch (error) {
    if (error instanceof MalformedRequest) return `malformed: ${error.fault.field}`;
    throw error;
  }
}

const max64 = '9223372036854775807';
const maxU64 = '18446744073709551615';

/** Field, value as written in the body, value read; `!` where it is malformed. */
describe('a value for a field', () => {
  it.each<[string, string, JsonValue]>([
    ['int32Field', '1', 1],
    ['int32Field', '1.0', 1],
    ['int32Field', '1e2', 100],
    ['int32Field', '100e-2', 1],
    ['int32Field', '1.5e1', 15],
    ['int32Field', '"1"', 1],
    ['int32Field', '"-1.0"', -1],
    ['int32Field', '"1e2"', 100],
    ['int32Field', '2147483647.000000000000000000', 2147483647],
    ['int32Field', '1.5', '!'],
    ['int32Field', '1e-1', '!'],
    ['int32Field', '1.00000000000000000001', '!'],
    ['int32Field', '2147483648', '!'],
    ['int32Field', '2147483648e0', '!'],
    ['int32Field', '"0x10"', '!'],
    ['int32Field', '"0b1"', '!'],
    ['int32Field', '"0o7"', '!'],
    ['int32Field', '"1 "', '!'],
    ['int32Field', '"+1"', '!'],
    ['int32Field', '"Infinity"', '!'],
    ['int32Field', '"1e999999999"', '!'],
    ['int32Field', '".5e1"', '!'],
    ['int32Field', '"1."', '!'],
    ['sint32Field', '-2147483648', -2147483648],
    ['sfixed32Field', '-2147483649', '!'],
    ['uint32Field', '4294967295', 4294967295],
    ['uint32Field', '4294967296', '!'],
    ['fixed32Field', '"-1"', '!'],
    ['int64Field', max64, max64],
    ['int64Field', `"${max64}"`, max64],
    ['int64Field', '9007199254740993', '9007199254740993'],
    ['int64Field', '-9007199254740993', '-9007199254740993'],
    ['int64Field', '9007199254740993.0', '9007199254740993'],
    ['int64Field', '9.007199254740993e15', '9007199254740993'],
    ['int64Field', '90071992547409930e-1', '9007199254740993'],
    ['int64Field', '123456789012345e3', '123456789012345000'],
    ['int64Field', '"1e2"', '100'],
    ['int64Field', '-9223372036854775808', '-9223372036854775808'],
    ['int64Field', '9223372036854775808', '!'],
    ['int64Field', '-9223372036854775809', '!'],
    ['int64Field', '9007199254740993.5', '!'],
    ['int64Field', '"0x10"', '!'],
    ['int64Field', '""', '!'],
    ['int64Field', '" 1"', '!'],
    ['int64Field', 'true', '!'],
    ['uint64Field', maxU64, maxU64],
    ['uint64Field', '18446744073709551616', '!'],
    ['uint64Field', '-1', '!'],
    ['fixed64Field', maxU64, maxU64],
    ['sint64Field', '-1', '-1'],
    ['int64List', `[1,"2",${max64}]`, ['1', '2', max64]],
    ['int64Map', `{"${max64}":${max64}}`, { [max64]: max64 }],
    ['int64Map', '{"1e2":1}', '!'],
    ['int64Map', '{"0x1":1}', '!'],
    ['int32Map', '{"-5":"a"}', { '-5': 'a' }],
    ['int32Map', '{"1.5":"a"}', '!'],
    ['int32Map', '{"true":"a"}', '!'],
    ['int32Map', '{"2147483648":"a"}', '!'],
    ['boolMap', '{"true":"COLOR_RED","false":2}', { true: 'COLOR_RED', false: 'COLOR_BLUE' }],
    ['boolMap', '{"1":"COLOR_RED"}', '!'],
    ['doubleField', '12345678901234567890', 12345678901234567000],
    ['doubleField', '0.1', 0.1],
    ['doubleField', '1e-400', 'unset'],
    ['doubleField', '"1.5e3"', 1500],
    ['doubleField', '"NaN"', 'NaN'],
    ['doubleField', '"-Infinity"', '-Infinity'],
    ['doubleField', '"nan"', '!'],
    ['doubleField', '"inf"', '!'],
    ['doubleField', '"0x10"', '!'],
    ['doubleField', '"1e400"', '!'],
    ['doubleField', '1e400', '!'],
    ['doubleField', '""', '!'],
    ['floatField', '3.4028234663852886e38', 3.4028234663852886e38],
    ['floatField', '3.4028235e38', 3.4028234663852886e38],
    ['floatField', '"-3.4028235E+38"', -3.4028234663852886e38],
    ['floatField', '3.40282357e38', '!'],
    ['floatField', '3.5e38', '!'],
    ['floatField', '-3.5e38', '!'],
    ['boolField', 'true', true],
    ['boolField', '"true"', '!'],
    ['boolField', '1', '!'],
    ['boolField', '12345678901234567890', '!'],
    ['stringField', '"a"', 'a'],
    ['stringField', '12345678901234567890', '!'],
    ['stringField', '1e3', '!'],
    ['stringField', '{}', '!'],
    ['bytesField', '"-_8="', '+/8='],
    ['bytesField', '"-_8"', '+/8='],
    ['bytesField', '"aGk= "', '!'],
    ['bytesField', '"aG\\nk="', '!'],
    ['bytesField', '"aGk=aGk="', '!'],
    ['bytesField', '"a"', '!'],
    ['bytesField', '"aGk=="', '!'],
    ['bytesField', '"aA="', '!'],
    ['bytesField', '"="', '!'],
    ['bytesField', '""', 'unset'],
    ['bytesField', '12345678901234567890', '!'],
    ['enumField', '"COLOR_RED"', 'COLOR_RED'],
    ['enumField', '2', 'COLOR_BLUE'],
    ['enumField', '2e0', 'COLOR_BLUE'],
    ['enumField', '77', 77],
    ['enumField', '"COLOR_GREEN"', 'unset'],
    ['enumField', '"2"', 'unset'],
    ['enumField', '2147483648', '!'],
    ['enumField', '1.5', '!'],
    ['enumField', '12345678901234567890', '!'],
    ['enumList', '["COLOR_RED","COLOR_GREEN"]', ['COLOR_RED']],
    ['nullValue', 'null', 'unset'],
    ['timestamp', '"2024-02-29T23:59:59.999999999Z"', '2024-02-29T23:59:59.999999999Z'],
    ['timestamp', '"2024-12-01T10:00:00+02:00"', '2024-12-01T08:00:00Z'],
    ['timestamp', '"9999-12-31T23:59:59.999999999Z"', '9999-12-31T23:59:59.999999999Z'],
    ['timestamp', '"0001-01-01T00:00:00Z"', '0001-01-01T00:00:00Z'],
    ['timestamp', '"0000-12-31T00:00:00Z"', '!'],
    ['timestamp', '"9999-12-31T23:59:59-01:00"', '!'],
    ['timestamp', '"2023-02-29T00:00:00Z"', '!'],
    ['timestamp', '"2024-04-31T00:00:00Z"', '!'],
    ['timestamp', '"2024-13-01T00:00:00Z"', '!'],
    ['timestamp', '"2024-00-01T00:00:00Z"', '!'],
    ['timestamp', '"2024-12-00T00:00:00Z"', '!'],
    ['timestamp', '"2024-12-01T24:00:00Z"', '!'],
    ['timestamp', '"2024-12-01T10:60:00Z"', '!'],
    ['timestamp', '"2024-12-01T10:00:60Z"', '!'],
    ['timestamp', '"2024-12-01T10:00:00"', '!'],
    ['timestamp', '"2024-12-01 10:00:00Z"', '!'],
    ['timestamp', '"2024-12-01t10:00:00z"', '!'],
    ['timestamp', '"2024-12-01T10:00:00.Z"', '!'],
    ['timestamp', '"2024-12-01T10:00:00.1234567890Z"', '!'],
    ['timestamp', '"2024-12-01T10:00:00+24:00"', '!'],
    ['timestamp', '1733047200', '!'],
    ['timestampList', '["2024-12-01T10:00:00Z","x"]', '!'],
    ['duration', '"1.5s"', '1.500s'],
    ['duration', '"-0.000000001s"', '-0.000000001s'],
    ['duration', '"315576000000s"', '315576000000s'],
    ['duration', '"315576000001s"', '!'],
    ['duration', '"1.5sec"', '!'],
    ['duration', '"1s1s"', '!'],
    ['duration', '"1"', '!'],
    ['duration', '".5s"', '!'],
    ['duration', '"1.s"', '!'],
    ['duration', '"1.1234567890s"', '!'],
    ['duration', '"1e2s"', '!'],
    ['duration', '5', '!'],
    ['fieldMask', '"a,nested.int64Field"', 'a,nested.int64Field'],
    ['fieldMask', '""', ''],
    ['fieldMask', '"a,,b"', '!'],
    ['fieldMask', '"a b"', '!'],
    ['fieldMask', '"a_b"', '!'],
    ['fieldMask', '"A"', '!'],
    ['fieldMask', '["a"]', '!'],
    ['int32Wrapper', '"5"', 5],
    ['int32Wrapper', '"0x5"', '!'],
    ['int32Wrapper', 'null', 'unset'],
    ['int64Wrapper', max64, max64],
    ['int64Wrapper', '1.5', '!'],
    ['floatWrapper', '3.4028235e38', 3.4028234663852886e38],
    ['doubleWrapper', '"NaN"', 'NaN'],
    ['boolWrapper', '"true"', '!'],
    ['bytesWrapper', '"aGk"', 'aGk='],
    ['bytesWrapper', '"a k="', '!'],
    ['int32WrapperList', '[1,"2"]', [1, 2]],
    ['int32WrapperList', '[1,"0x2"]', '!'],
    ['wrappedNumber', '0', 0],
    ['struct', '{"a":12345678901234567890}', { a: 12345678901234567000 }],
    ['struct', '{"a":{"b":[1e3]}}', { a: { b: [1000] } }],
    ['struct', '[]', '!'],
    ['listValue', '[1,null,12345678901234567890]', [1, null, 12345678901234567000]],
    ['listValue', '{}', '!'],
    ['value', '12345678901234567890', 12345678901234567000],
    ['value', 'null', null],
    ['value', '"x"', 'x'],
    ['empty', '{}', {}],
    ['empty', '{"unknown":12345678901234567890}', {}],
    ['empty', '[]', '!'],
    ['any', '{}', {}],
    [
      'any',
      '{"@type":"type.googleapis.com/transcoding.v1.Nested","int64Field":9007199254740993}',
      {
        '@type': 'type.googleapis.com/transcoding.v1.Nested',
        int64Field: '9007199254740993',
      },
    ],
    ['any', '{"@type":"type.googleapis.com/transcoding.v1.Nested","int64Field":"0x1"}', '!'],
    [
      'any',
      '{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}',
      {
        '@type': 'type.googleapis.com/google.protobuf.Duration',
        value: '1s',
      },
    ],
    ['any', '{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1sx"}', '!'],
    ['any', '{"@type":"no.Such","a":12345678901234567890}', '!'],
    ['any', '{"@type":5}', '!'],
    ['any', '5', '!'],
    [
      'nested',
      '{"int64Field":9007199254740993,"unknown":9007199254740993}',
      { int64Field: '9007199254740993' },
    ],
    ['nested', '12345678901234567890', '!'],
    ['nestedList', '[{"int64Field":1.5}]', '!'],
    ['nestedMap', '{"k":{"int64Field":9007199254740993}}', { k: { int64Field: '9007199254740993' } }],
    ['nestedMap', '{"k":null}', '!'],
    ['other-name', '"a"', 'a'],
    ['renamed', '"a"', 'a'],
    ['otherName', '"a"', 'unset'],
    ['optionalString', '""', ''],
    ['optionalString', 'null', 'unset'],
    ['unknownField', '[1e3,{"a":12345678901234567890}]', 'unset'],
  ])('%s: %s → %j', (name, text, expected) => {
    const field = EverythingSchema.fields.find((f) => f.jsonName === name || f.name === name);
    const json = read(`{"${name}":${text}}`);
    if (expected === '!') expect(json).toMatch(`malformed: ${name}`);
    else if (expected === 'unset') expect(json).toEqual({});
    else expect(json).toEqual({ [field!.jsonName]: expected });
  });

  it.each([
    ['{"int64List":[1,"x"]}', 'int64List[1]'],
    ['{"nestedList":[{},{"nested":{"int64Field":"0x1"}}]}', 'nestedList[1].nested.int64Field'],
    ['{"int64Map":{"1":"0x1"}}', 'int64Map.1'],
    ['{"any":{"@type":"t/google.protobuf.Timestamp","value":"x"}}', 'any.value'],
    ['{"timestampList":["2024-02-30T00:00:00Z"]}', 'timestampList[0]'],
    ['{"recursive":{"nested_list":[{"int64_field":1e-1}]}}', 'recursive.nestedList[0].int64Field'],
  ])('%s: the culprit is %s', (text, field) => {
    expect(read(text)).toBe(`malformed: ${field}`);
  });

  it.each<[string, DescMessage, string, string]>([
    ['a wrapper', StringValueSchema, '5', 'the body must be a string of valid Unicode'],
    ['a wrapper', StringValueSchema, '{"value":"x"}', 'the body must be a string of valid Unicode'],
    ['a wrapper', Int32ValueSchema, '"0x5"', 'the body must be an integer from -2147483648 to 2147483647'],
    ['a time', TimestampSchema, '{}', 'the body must be an RFC 3339 time such as 2024-12-01T10:00:00Z'],
    ['a list', ListValueSchema, 'null', 'the body must be a JSON array'],
    ['a struct', StructSchema, '[]', 'the body must be a JSON object'],
    ['any value', ValueSchema, '1e400', 'the body is too big a number'],
    ['any value', ValueSchema, '"\\ud800"', 'the body must be a string of valid Unicode'],
  ])('%s as the body', (_, desc, text, message) => {
    expect(() => codec.decode(desc, parseJson(Buffer.from(text)))).toThrow(new MalformedRequest(message));
  });

  it('numbers that are kept as written leave the rest of the text alone', () => {
    const text = ` { "int64Field" : 9007199254740993 , "stringField":"a\\"b\\\\ 1e5 \\u00e9", "stringList" : [ ] ,
      "struct":{ "a" : [ true , false , null , -0 , "x" ] , "b":{ } }, "stringMap":{"constructor":"c"} } `;
    expect(read(text)).toEqual({
      int64Field: '9007199254740993',
      stringField: 'a"b\\ 1e5 é',
      struct: { a: [true, false, null, -0, 'x'], b: {} },
      stringMap: { constructor: 'c' },
    });
  });

  it('a key named __proto__ next to such a number is an unknown field like any other', () => {
    expect(read('{"int64Field":9007199254740993,"__proto__":{"a":1}}')).toEqual({
      int64Field: '9007199254740993',
    });
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});
