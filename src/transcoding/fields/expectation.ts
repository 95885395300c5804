import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';

/** What a field accepts, as a phrase that follows its name: `must be …`. Describes one element of a list or map. */
export function expectation(field: DescField): string {
  if (field.scalar !== undefined) return `must be ${scalarNames[field.scalar]}`;
  if (field.enum !== undefined) return `must be ${valuesOf(field.enum)}`;
  return field.message === undefined ? 'must be a value of its type' : messageExpectation(field.message);
}

/** The names of the values, or the name of the type if there are too many. */
function valuesOf({ name, values }: DescEnum): string {
  return values.length > 20
    ? `one of the names or numbers of ${name}`
    : `one of ${values.map((value) => value.name).join(', ')}, or its number`;
}

/** The same for a message, whatever field it is in. */
export function messageExpectation(message: DescMessage): string {
  if (isWrapperDesc(message)) return `must be ${scalarNames[message.fields[0].scalar]}`;
  return `must be ${messageNames[message.typeName] ?? 'a JSON object'}`;
}

const INT32 = 'an integer from -2147483648 to 2147483647';
const UINT32 = 'an integer from 0 to 4294967295';
const INT64 = 'an integer from -9223372036854775808 to 9223372036854775807';
const UINT64 = 'an integer from 0 to 18446744073709551615';

const scalarNames: Record<ScalarType, string> = {
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.DOUBLE]: 'a number',
  [ScalarType.FLOAT]: 'a number',
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.STRING]: 'a string of valid Unicode',
  [ScalarType.BYTES]: 'a base64 string',
};

const messageNames: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'an RFC 3339 time such as 2024-12-01T10:00:00Z',
  'google.protobuf.Duration': 'a duration in seconds such as 1.5s',
  'google.protobuf.FieldMask': 'a comma-separated list of field names',
  'google.protobuf.Any': 'a JSON object with the "@type" of a known message and what that message takes',
  'google.protobuf.Value': 'a JSON value',
  'google.protobuf.ListValue': 'a JSON array',
};
