import { type DescField, type DescMessage, getOption, ScalarType, toJson } from '@bufbuild/protobuf';
import {
  FieldRulesSchema,
  field as fieldRules,
  MessageRulesSchema,
  message as messageRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { compact, type Json, type Schema } from './json.js';

/** Rules of buf.validate as their JSON: only what is set, `{"int32": {"gt": 0}}`. */
export interface Rules {
  readonly required?: boolean;
  readonly ignore?: string;
  readonly cel?: readonly { readonly id: string; readonly message?: string }[];
  readonly repeated?: { minItems?: string; maxItems?: string; unique?: boolean; items?: Rules };
  readonly map?: { minPairs?: string; maxPairs?: string; keys?: Rules; values?: Rules };
}

/** Rules of a scalar or enum: numbers, or 64 bits as strings. */
type Bounds = Readonly<Record<string, Json>>;

export function rulesOf(field: DescField): Rules {
  return toJson(FieldRulesSchema, getOption(field, fieldRules)) as Rules;
}

/** What a message's own CEL rules say, where they have words for it. */
export function messageRulesOf(message: DescMessage): string[] {
  const { cel = [] } = toJson(MessageRulesSchema, getOption(message, messageRules)) as Rules;
  return cel.flatMap((rule) => (rule.message === undefined ? [] : [rule.message]));
}

/** The bounds for a type: `int32`, `string`, `enum`, … */
export function boundsOf(rules: Rules, kind: string): Bounds {
  return (rules as Readonly<Record<string, Bounds>>)[kind] ?? {};
}

/** JSON Schema's keywords for the bounds of a number. */
export function numberKeywords(bounds: Bounds): Schema {
  return compact({
    const: bounds.const,
    exclusiveMinimum: bounds.gt,
    minimum: bounds.gte,
    exclusiveMaximum: bounds.lt,
    maximum: bounds.lte,
    enum: bounds.in,
    not: bounds.notIn === undefined ? undefined : { enum: bounds.notIn },
  });
}

/** The same in whole numbers, where `> 0` is `>= 1`, and within what the type can hold. */
export function integerKeywords(bounds: Bounds, min: number, max: number): Schema {
  const { exclusiveMinimum: over, exclusiveMaximum: under, ...others } = numberKeywords(bounds);
  return {
    minimum: typeof over === 'number' ? over + 1 : min,
    maximum: typeof under === 'number' ? under - 1 : max,
    ...others,
  };
}

const formats: Readonly<Record<string, string>> = {
  email: 'email',
  hostname: 'hostname',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  uri: 'uri',
  uriRef: 'uri-reference',
  uuid: 'uuid',
};

/** JSON Schema's keywords for a string, whose lengths count code points in both worlds. */
export function stringKeywords(bounds: Bounds): Schema {
  const pattern =
    bounds.pattern ??
    affix(bounds.prefix, (text) => `^${text}`) ??
    affix(bounds.suffix, (text) => `${text}$`) ??
    affix(bounds.contains, (text) => text);
  return compact({
    ...(typeof pattern === 'string' ? lengthsOf(pattern) : {}),
    const: bounds.const,
    ...(bounds.minLen === undefined ? {} : { minLength: Number(bounds.minLen) }),
    ...(bounds.maxLen === undefined ? {} : { maxLength: Number(bounds.maxLen) }),
    ...(bounds.len === undefined ? {} : { minLength: Number(bounds.len), maxLength: Number(bounds.len) }),
    pattern,
    enum: bounds.in,
    not: bounds.notIn === undefined ? undefined : { enum: bounds.notIn },
    format: Object.entries(formats).find(([rule]) => bounds[rule] === true)?.[1],
  });
}

function affix(text: Json | undefined, toPattern: (escaped: string) => string): string | undefined {
  return typeof text === 'string' ? toPattern(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')) : undefined;
}

/** The lengths that a pattern of one bounded class fixes: `^[a-z]{1,64}$`. */
function lengthsOf(pattern: string): Schema {
  const [, min, max] = /^\^\[(?:[^\]\\]|\\.)+\]\{(\d+),(\d+)\}\$$/.exec(pattern) ?? [];
  return max === undefined
    ? {}
    : { ...(min === '0' ? {} : { minLength: Number(min) }), maxLength: Number(max) };
}

/**
 * Whether a request must carry the field: a rule demands it, or the zero value that an absent field has is refused.
 * `schema` is the field's own, with its rules in it.
 */
export function isRequired(field: DescField, rules: Rules, schema: Schema): boolean {
  if (rules.required === true) return true;
  if (rules.ignore !== undefined || field.fieldKind === 'message' || isOptional(field)) return false;
  if (field.fieldKind === 'list') return Number(rules.repeated?.minItems ?? 0) > 0;
  if (field.fieldKind === 'map') return Number(rules.map?.minPairs ?? 0) > 0;
  if (field.fieldKind === 'enum') return !acceptsZeroOf(boundsOf(rules, 'enum'));
  return !accepts(schema, field.scalar);
}

/** Tells unset from zero: declared `optional`, or part of a oneof. */
export function isOptional(field: DescField): boolean {
  return field.oneof !== undefined || field.proto.proto3Optional;
}

/** Keywords that make a schema refuse the zero value, for fields that cannot tell unset from zero. */
export function notZero(field: DescField): Schema {
  if (field.fieldKind === 'list') return { minItems: 1 };
  if (field.fieldKind === 'map') return { minProperties: 1 };
  if (field.fieldKind !== 'scalar') return {};
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return { minLength: 1 };
  return field.scalar === ScalarType.BOOL ? { const: true } : { not: { const: 0 } };
}

export function acceptsZeroOf(bounds: Bounds): boolean {
  const list = (name: string): readonly Json[] | undefined => bounds[name] as readonly Json[] | undefined;
  return (
    list('notIn')?.includes(0) !== true && list('in')?.includes(0) !== false && (bounds.const ?? 0) === 0
  );
}

function accepts(schema: Schema, scalar: ScalarType | undefined): boolean {
  const zero =
    scalar === ScalarType.STRING || scalar === ScalarType.BYTES ? '' : scalar === ScalarType.BOOL ? false : 0;
  const {
    minimum,
    exclusiveMinimum,
    maximum,
    exclusiveMaximum,
    minLength,
    pattern,
    format,
    const: only,
  } = schema;
  if (only !== undefined && only !== zero) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(zero)) return false;
  const { enum: refused } = (schema.not ?? {}) as { enum?: readonly Json[] };
  if (refused?.includes(zero) === true) return false;
  if (zero === '') {
    if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test('')) return false;
    return !(typeof minLength === 'number' && minLength > 0) && (format === undefined || format === 'byte');
  }
  const over = typeof minimum === 'number' && minimum > 0;
  const under = typeof maximum === 'number' && maximum < 0;
  const exclusive =
    (typeof exclusiveMinimum === 'number' && exclusiveMinimum >= 0) ||
    (typeof exclusiveMaximum === 'number' && exclusiveMaximum <= 0);
  return !(over || under || exclusive);
}
