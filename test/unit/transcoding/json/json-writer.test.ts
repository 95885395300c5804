import {
  create,
  createRegistry,
  type DescField,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { AnySchema, anyPack, FieldDescriptorProtoSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonWriter } from '../../../../src/transcoding/json/json-writer.js';
import { AuthorSchema, BookSchema } from '../../../gen/transcoding/v1/book_pb.js';
import {
  type Everything,
  EverythingSchema,
  NestedSchema,
} from '../../../gen/transcoding/v1/everything_pb.js';
import { AddBooksRequestSchema } from '../../../gen/transcoding/v1/library_service_pb.js';

const registry = createRegistry(EverythingSchema, NestedSchema, BookSchema, AuthorSchema);
const writer = new JsonWriter(registry, {});
const libraryJson = (message: Everything): JsonValue =>
  toJson(EverythingSchema, message, { alwaysEmitImplicit: true, registry }) as JsonValue;

describe('writes what the library writes', () => {
  it.each<[string, JsonValue]>([
    ['nothing set', {}],
    ['zero values', { optionalField: 0, optionalString: '', optionalBool: false, optionalDouble: 0 }],
    ['scalars', { stringField: 'é"\n', int32Field: -1, uint32Field: 4294967295, boolField: true }],
    [
      '64 bits',
      { int64Field: '-9223372036854775808', uint64Field: '18446744073709551615', sint64Field: '5' },
    ],
    [
      'fixed',
      { fixed32Field: 1, fixed64Field: '2', sfixed32Field: -3, sfixed64Field: '-4', sint32Field: -5 },
    ],
    ['doubles', { doubleField: 'NaN', floatField: '-Infinity', optionalDouble: 'Infinity' }],
    ['double', { doubleField: 1.5e-300, doubleList: [0, -1, 'NaN'] }],
    ['bytes', { bytesField: 'AAEC/w==', bytesList: ['', 'aGk='], optionalBytes: '' }],
    ['enums', { enumField: 'COLOR_RED', enumList: ['COLOR_BLUE', 77], optionalEnum: 'COLOR_UNSPECIFIED' }],
    ['lists', { stringList: ['a', ''], int32List: [1, 0], boolList: [true, false], int64List: ['1', '-1'] }],
    ['messages', { nested: { nested: { stringField: 'a' } }, nestedList: [{}, { int64Field: '1' }] }],
    ['recursion', { recursive: { recursive: { recursive: { optionalField: 1 } } } }],
    ['maps', { stringMap: { a: 'b', '': '' }, nestedMap: { k: { int32List: [1] } } }],
    [
      'keys',
      { int32Map: { 0: 'a', '-5': 'b' }, int64Map: { 5: '6' }, boolMap: { true: 'COLOR_RED', false: 0 } },
    ],
    ['oneof: scalar', { choiceText: '' }],
    ['oneof: number', { choiceNumber: 0 }],
    ['oneof: message', { choiceNested: { stringField: 'a' } }],
    ['oneof: wrapper', { wrappedNumber: 5 }],
    ['oneof: struct', { wrappedStruct: { a: 1 } }],
    ['times', { timestamp: '2024-12-01T10:00:00.123456789Z', timestampList: ['0001-01-01T00:00:00Z'] }],
    ['durations', { duration: '-1.500s', durationList: ['0s', '315576000000s'] }],
    ['masks', { fieldMask: 'stringField,nested.int64Field', fieldMaskList: ['', 'a'] }],
    ['wrappers', { int32Wrapper: 0, stringWrapper: '', boolWrapper: false, int64Wrapper: '0' }],
    [
      'wrappers too',
      { uint32Wrapper: 1, uint64Wrapper: '1', floatWrapper: 'NaN', doubleWrapper: 1, bytesWrapper: 'AA==' },
    ],
    ['wrappers in a list', { int32WrapperList: [0, 5] }],
    [
      'struct',
      {
        struct: { a: null, b: [1, 'x', { c: true }] },
        structList: [{}, { a: 1 }],
        structMap: { k: { a: [] } },
      },
    ],
    ['value', { value: [1, { a: null }], listValue: [1, 'x', null], nullValue: null }],
    ['value that is null', { value: null }],
    ['empty', { empty: {} }],
    ['any', { any: { '@type': 'type.googleapis.com/transcoding.v1.Nested', stringField: 'a' } }],
    ['a name of its own', { 'other-name': 'a' }],
  ])('%s', (_, json) => {
    const message = fromJson(EverythingSchema, json, { registry });
    const written = writer.write(EverythingSchema, message);
    expect(written).toEqual(libraryJson(message));
    // In the order of the field numbers.
    expect(JSON.stringify(written)).toBe(JSON.stringify(libraryJson(message)));
  });

  it('any field that is set', () => {
    const names = EverythingSchema.fields.map((f) => f.name);
    // Bytes that are some message: unknown fields, wrong wire types and all.
    const field = fc.tuple(
      fc.integer({ min: 1, max: 70 }),
      fc.uint8Array({ maxLength: 6 }),
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const message = create(EverythingSchema);
        for (const [number, bytes, value] of fields) set(message, number, bytes, value);
        const copy = fromBinary(EverythingSchema, toBinary(EverythingSchema, message));
        expect(writer.write(EverythingSchema, copy)).toEqual(libraryJson(copy));
      }),
      { numRuns: 500 },
    );
    expect(names).toContain('sfixed64_field');
  });
});

/** Sets a field, by its number, to something of its type. */
function set(message: Everything, number: number, bytes: Uint8Array, value: bigint): void {
  const field = EverythingSchema.fields.find((f) => f.number === number);
  if (field?.fieldKind !== 'scalar' || field.oneof !== undefined) return;
  const small = Number(value % 2n ** 31n);
  const values = [
    bytes.join(','),
    small,
    small / 3,
    bytes.length > 2,
    bytes,
    value,
    BigInt.asUintN(64, value),
  ];
  for (const candidate of values) {
    try {
      (message as unknown as Record<string, unknown>)[field.localName] = candidate;
      toBinary(EverythingSchema, message);
      return;
    } catch {
      delete (message as unknown as Record<string, unknown>)[field.localName];
    }
  }
}

describe('refuses what has no JSON', () => {
  const everything = (init: object): Message =>
    ({ ...create(EverythingSchema), ...init }) as unknown as Message;
  it.each<[string, Message]>([
    ['another message', create(NestedSchema) as Message],
    ['a number for a string', everything({ stringField: 5 })],
    ['a string for a number', everything({ int32Field: '5' })],
    ['a string for a double', everything({ doubleField: '5' })],
    ['a number for a boolean', everything({ boolField: 1 })],
    ['a string for bytes', everything({ bytesField: 'aGk=' })],
    ['a fraction for 64 bits', everything({ int64Field: 1.5 })],
    ['a name for an enum', everything({ enumField: 'COLOR_RED' })],
    ['no list', everything({ stringList: undefined })],
    ['no map', everything({ stringMap: undefined })],
    ['another message inside', everything({ nested: create(EverythingSchema) })],
    ['NaN in a struct', everything({ struct: { a: Number.NaN } })],
    ['a value of no kind', everything({ value: create(ValueSchema) })],
    [
      'a time out of range',
      everything({ timestamp: { $typeName: 'google.protobuf.Timestamp', seconds: 10n ** 12n, nanos: 0 } }),
    ],
    [
      'an unknown type in Any',
      everything({ any: anyPack(FieldDescriptorProtoSchema, create(FieldDescriptorProtoSchema)) }),
    ],
  ])('%s', (_, message) => {
    expect(() => writer.write(EverythingSchema, message)).toThrow();
  });
});

it('leaves out an empty list where that is asked for', () => {
  const terse = new JsonWriter(registry, { leftOutWhenEmpty: (field) => field.localName === 'authors' });
  const written = (authors: JsonValue[]): JsonValue =>
    terse.write(BookSchema, fromJson(BookSchema, { isbn: '7', authors }));
  expect(written([])).not.toHaveProperty('authors');
  expect(written([{}])).toMatchObject({ authors: [{ fullName: '', birthYear: 0 }] });
});

describe('null for what is unset', () => {
  const optionalScalar = (field: DescField): boolean =>
    field.fieldKind === 'scalar' && field.oneof === undefined;
  const nulls = new JsonWriter(registry, { nullWhenUnset: optionalScalar });
  const book = { name: '', isbn: '7', title: '', pageCount: 0, authors: [] as JsonValue[] };

  it.each<[string, JsonValue, JsonValue]>([
    ['unset', { isbn: '7' }, { ...book, subtitle: null }],
    ['set to zero', { isbn: '7', subtitle: '' }, { ...book, subtitle: '' }],
    ['set', { isbn: '7', subtitle: 's' }, { ...book, subtitle: 's' }],
    [
      'in a message of a list',
      { isbn: '7', subtitle: '', authors: [{ fullName: 'Ada', deathYear: 1852 }, {}] },
      {
        ...book,
        authors: [
          { fullName: 'Ada', birthYear: 0, deathYear: 1852 },
          { fullName: '', birthYear: 0, deathYear: null },
        ],
        subtitle: '',
      },
    ],
  ])('%s', (_, json, expected) => {
    const written = nulls.write(BookSchema, fromJson(BookSchema, json));
    // The order too: nulls stand where the values would.
    expect(JSON.stringify(written)).toBe(JSON.stringify(expected));
  });

  it('in nested messages, maps, Any; never in oneofs, messages, or what the predicate leaves out', () => {
    const message = fromJson(
      EverythingSchema,
      {
        recursive: { recursive: {} },
        any: { '@type': 'type.googleapis.com/transcoding.v1.Book', authors: [{}] },
      },
      { registry },
    );
    const written = nulls.write(EverythingSchema, message) as Record<string, JsonValue>;
    const optional = { optionalField: null, optionalString: null, optionalBool: null, optionalBytes: null };
    expect(written).toMatchObject({ ...optional, recursive: { ...optional, recursive: optional } });
    expect(written.any).toMatchObject({ subtitle: null, authors: [{ deathYear: null }] });
    for (const name of ['optionalEnum', 'choiceText', 'nested', 'timestamp', 'int32Wrapper']) {
      expect(written).not.toHaveProperty(name);
    }
    expect(nulls.write(AddBooksRequestSchema, create(AddBooksRequestSchema, { books: [{}] }))).toMatchObject({
      books: [{ subtitle: null }],
    });
  });

  it('also for the one field that is answered', () => {
    const subtitle = BookSchema.fields.find((f) => f.name === 'subtitle')!;
    expect(nulls.writeField(BookSchema, create(BookSchema), subtitle)).toBeNull();
    expect(writer.writeField(BookSchema, create(BookSchema), subtitle)).toBeUndefined();
  });

  it('an empty Any is an empty object', () => {
    expect(nulls.write(AnySchema, create(AnySchema))).toEqual({});
  });
});
