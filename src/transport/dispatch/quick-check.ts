import { type DescField, type DescMessage, getOption, type Message, ScalarType } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import * as validate from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { fieldsOf } from '../messages/fields.js';

/** Whether a message certainly keeps its rules. False: the validator has to decide. */
export type QuickCheck = (message: Message) => boolean;

/**
 * Compiles a check of the rules that most requests have. The validator walks a tree of rules with reflection, which is
 * a twentieth of the cost of a command on a stream. The check is stricter where that is simpler. That refuses nobody:
 * what passes is valid, and the validator decides the rest. Undefined: the message has other kinds of rules or fields.
 */
export function quickCheck(schema: DescMessage): QuickCheck | undefined {
  if (
    schema.oneofs.length > 0 ||
    !hasOnly(validate.MessageRulesSchema, getOption(schema, validate.message), [])
  ) {
    return undefined;
  }
  const checks: { readonly name: string; readonly check: Check }[] = [];
  for (const field of schema.fields) {
    const check = fieldCheck(field);
    if (check === undefined) return undefined;
    if (check !== anything) checks.push({ name: field.localName, check });
  }
  return (message) => {
    const fields = fieldsOf(message);
    for (const { name, check } of checks) if (!check(fields[name])) return false;
    return true;
  };
}

/** Checks the value of a field; undefined: it is not set. */
type Check = (value: unknown) => boolean;

const anything: Check = () => true;

function fieldCheck(field: DescField): Check | undefined {
  if (field.fieldKind !== 'scalar') return undefined;
  const rules = getOption(field, validate.field);
  if (!hasOnly(validate.FieldRulesSchema, rules, ['required', 'string', 'int32'])) return undefined;
  const { required, type } = rules;
  const check = typeCheck(field.scalar, type);
  if (check === undefined) return undefined;
  // Without `required`, the other rules do not apply to a field that is not set.
  return required
    ? (value) => Boolean(value) && check(value)
    : (value) => value === undefined || check(value);
}

function typeCheck(
  scalar: ScalarType,
  { case: kind, value: rules }: validate.FieldRules['type'],
): Check | undefined {
  switch (kind) {
    case undefined:
      return anything;
    case 'string': {
      if (
        scalar !== ScalarType.STRING ||
        !hasOnly(validate.StringRulesSchema, rules, ['pattern', 'max_len'])
      ) {
        return undefined;
      }
      const lengthMax = rules.maxLen === 0n ? Number.POSITIVE_INFINITY : Number(rules.maxLen);
      const pattern = new RegExp(rules.pattern, 'u');
      // The rule counts characters, and a text never has more characters than UTF-16 units.
      return (value) => typeof value === 'string' && value.length <= lengthMax && pattern.test(value);
    }
    case 'int32': {
      if (scalar !== ScalarType.INT32 || !hasOnly(validate.Int32RulesSchema, rules, ['gt', 'gte', 'lte']))
        return undefined;
      const { greaterThan, lessThan } = rules;
      const least =
        greaterThan.case === undefined ? -(2 ** 31) : greaterThan.value + (greaterThan.case === 'gt' ? 1 : 0);
      const most = lessThan.case === undefined ? 2 ** 31 : lessThan.value;
      return (value) => typeof value === 'number' && value >= least && value <= most;
    }
    default:
      return undefined;
  }
}

/** Whether no other rules are set than these. Examples are not rules. */
function hasOnly(schema: DescMessage, rules: Message, names: readonly string[]): boolean {
  const said = reflect(schema, rules);
  if ((said.getUnknown() ?? []).length > 0) return false;
  return said.fields.every((field) => {
    const { name } = field;
    return names.includes(name) || name === 'example' || !said.isSet(field);
  });
}
