import { ScalarType } from '@bufbuild/protobuf';
import type { Schema } from './json.js';
import { boundsOf, integerKeywords, numberKeywords, type Rules, stringKeywords } from './rules.js';

/** The JSON of scalars: https://protobuf.dev/programming-guides/json/ */

const INT32_MAX = 2 ** 31 - 1;

/** Name of the type in the proto, which is also the name of its rules. */
export function scalarName(type: ScalarType): string {
  return ScalarType[type].toLowerCase();
}

export function scalarSchema(type: ScalarType, rules: Rules): Schema {
  const bounds = boundsOf(rules, scalarName(type));
  switch (type) {
    case ScalarType.STRING:
      return { type: 'string', ...stringKeywords(bounds) };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64', format: 'byte' };
    case ScalarType.BOOL:
      return { type: 'boolean', ...(bounds.const === undefined ? {} : { const: bounds.const }) };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer', format: 'int32', ...integerKeywords(bounds, -INT32_MAX - 1, INT32_MAX) };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', format: 'int64', ...integerKeywords(bounds, 0, 2 ** 32 - 1) };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number', format: scalarName(type), ...numberKeywords(bounds) };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: 'string', format: 'uint64', pattern: '^\\d{1,20}$', maxLength: 20 };
    default:
      return { type: 'string', format: 'int64', pattern: '^-?\\d{1,19}$', maxLength: 20 };
  }
}
