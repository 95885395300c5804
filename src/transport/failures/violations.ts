import { type DescEnum, type DescField, getOption } from '@bufbuild/protobuf';
import type { Path } from '@bufbuild/protobuf/reflect';
import type { Violation } from '@bufbuild/protovalidate';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { FieldViolation } from '../../domain/failure.js';
import { KEY_RULE } from '../dispatch/idempotency-key.js';

/** A broken rule as callers see it: the field by its JSON path, and what it accepts. */
export function toFieldViolation(violation: Violation): FieldViolation {
  const field = jsonPath(violation.field);
  if (violation.ruleId === 'message.oneof')
    return { field, description: 'must name exactly one of id, skuId, productId' };
  return { field, description: inWords(violation) ?? violation.message };
}

function jsonPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if ('jsonName' in part) text += text === '' ? part.jsonName : `.${part.jsonName}`;
    else if (part.kind === 'list_sub') text += `[${part.index}]`;
    else if (part.kind === 'map_sub') text += `[${JSON.stringify(String(part.key))}]`;
  }
  return text;
}

/** What the patterns in our protos ask for, in words. */
export const patternWords: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9._-]{1,64}$': 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -',
  '^[A-Za-z0-9._-]{0,64}$': 'must be at most 64 characters of A-Z a-z 0-9 . _ -',
  '^[\\x21-\\x7e]*$': 'must be printable ASCII without spaces',
  '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$': KEY_RULE,
  '^[^\\x00]*$': 'must not contain the character U+0000',
};

/** Replaces the validator's wording where it is too technical; undefined where it will do. */
function inWords(violation: Violation): string | undefined {
  const field = violation.field.findLast((part): part is DescField => part.kind === 'field');
  if (field === undefined) return undefined;
  switch (violation.ruleId) {
    case 'required':
      if (field.enum !== undefined) return oneOf(field.enum);
      // Without presence, zero means the same as absent.
      return field.fieldKind === 'scalar' && field.proto.proto3Optional !== true
        ? 'is required, and must not be 0'
        : 'is required';
    case 'string.min_len':
      return ruleOf(field, violation.rule) === 1n ? 'must not be empty' : undefined;
    case 'string.pattern':
      return patternWords[String(ruleOf(field, violation.rule))];
    case 'enum.defined_only':
      return field.enum && oneOf(field.enum);
    case 'map.max_pairs':
      return `must have at most ${ruleOf(field, violation.rule)} entries`;
    default:
      return undefined;
  }
}

/** The value of a rule on a field. */
function ruleOf(field: DescField, path: Path): unknown {
  let value: unknown = getOption(field, fieldRules);
  for (const part of path) {
    if (part.kind !== 'field') return undefined;
    const holder = value as Record<string, { case?: string; value?: unknown }>;
    value = part.oneof === undefined ? holder[part.localName] : holder[part.oneof.localName]?.value;
  }
  return value;
}

/** All values except zero, which means none. */
function oneOf({ values }: DescEnum): string {
  const names = values.filter(({ number }) => number !== 0).map(({ name }) => name);
  return `must be one of ${names.join(', ')}`;
}
