import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json, Schema } from './json.js';
import { type Bounds, boundsOf, type Rules } from './rules.js';
import { scalarSchema } from './scalars.js';

/** What an absent field means: the request is refused, or the field is zero, or it is not set. */

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

/**
 * Whether a request must carry the field: a rule demands it, or the zero value that an absent field has is refused.
 * `schema` is the field's own, with its rules in it.
 */
export function isRequired(field: DescField, rules: Rules, schema: Schema): boolean {
  if (rules.required === true || field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return true;
  if (rules.ignore !== undefined || field.fieldKind === 'message' || isOptional(field)) return false;
  if (field.fieldKind === 'list') return Number(rules.repeated?.minItems ?? 0) > 0;
  if (field.fieldKind === 'map') return Number(rules.map?.minPairs ?? 0) > 0;
  if (field.fieldKind === 'enum') return !acceptsZeroOf(boundsOf(rules, 'enum'));
  return !accepts(schema, zeroOf(field.scalar));
}

/** Whether the field can tell unset from zero: declared `optional`, in any syntax, or part of a oneof. */
export function isOptional(field: DescField): boolean {
  if (field.oneof !== undefined || field.proto.proto3Optional) return true;
  const hasZero = field.fieldKind === 'scalar' || field.fieldKind === 'enum';
  return hasZero && field.presence === FeatureSet_FieldPresence.EXPLICIT;
}

/** Keywords that make a schema refuse the zero value, for fields that cannot tell unset from zero. */
export function notZero(field: DescField): Schema {
  if (field.fieldKind === 'list') return { minItems: 1 };
  if (field.fieldKind === 'map') return { minProperties: 1 };
  if (field.fieldKind !== 'scalar') return {};
  const zero = zeroOf(field.scalar);
  return zero === '' ? { minLength: 1 } : { not: { const: zero } };
}

export function acceptsZeroOf(bounds: Bounds): boolean {
  const list = (name: string): readonly Json[] | undefined => bounds[name] as readonly Json[] | undefined;
  return (
    list('notIn')?.includes(0) !== true && list('in')?.includes(0) !== false && (bounds.const ?? 0) === 0
  );
}

/** The JSON of the value that an absent scalar counts as. */
export function zeroOf(scalar: ScalarType): Json {
  const { type } = scalarSchema(scalar, {});
  if (type === 'boolean') return false;
  if (type !== 'string') return 0;
  return scalar === ScalarType.STRING || scalar === ScalarType.BYTES ? '' : '0';
}

function accepts(schema: Schema, value: unknown): boolean {
  return ajv.validate(schema, value);
}
