import { type DescField, type DescMessage, getOption, toJson } from '@bufbuild/protobuf';
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
export type Bounds = Readonly<Record<string, Json>>;

export function rulesOf(field: DescField): Rules {
  return toJson(FieldRulesSchema, getOption(field, fieldRules)) as Rules;
}

/** The messages of a message's own CEL rules, where they have one. */
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
