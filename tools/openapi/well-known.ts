import type { DescMessage } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import type { Schema } from './json.js';
import type { Rules } from './rules.js';
import { scalarSchema } from './scalars.js';

/** Names that are the same after a conversion between camelCase and snake_case, and back. */
const MASK_NAME = '[a-z][A-Za-z0-9]*(_[a-z][A-Za-z0-9]*)*';
const MASK_PATH = `${MASK_NAME}(\\.${MASK_NAME})*`;

/** Messages whose JSON is a form of its own: https://protobuf.dev/programming-guides/json/ */
const forms: Readonly<Record<string, Schema>> = {
  // At most: nine digits after the second, and an offset.
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time', maxLength: 35 },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?\\d{1,12}(\\.\\d{1,9})?s$', maxLength: 24 },
  'google.protobuf.FieldMask': {
    type: 'string',
    pattern: `^(${MASK_PATH}(,${MASK_PATH})*)?$`,
    maxLength: 4096,
  },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': { type: 'object', required: ['@type'], properties: { '@type': { type: 'string' } } },
  'google.protobuf.Empty': { type: 'object' },
};

/** Undefined for messages whose JSON is the object of their fields. */
export function wellKnownSchema(message: DescMessage, rules: Rules): Schema | undefined {
  if (isWrapperDesc(message)) return scalarSchema(message.fields[0].scalar, rules);
  const form = forms[message.typeName];
  return form === undefined ? undefined : { ...form };
}

/** Whether its JSON is one string, number or boolean, so that a query parameter can hold it. */
export function isText(message: DescMessage): boolean {
  return isWrapperDesc(message) || forms[message.typeName]?.type === 'string';
}
