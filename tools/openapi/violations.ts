import { create, type DescField, ScalarType } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { createValidator } from '@bufbuild/protovalidate';
import type { Binding } from '../../src/transcoding/rules/http-rules.js';
import { toFieldViolation } from '../../src/transport/failures/violations.js';
import type { Json } from './json.js';
import { rulesOf } from './rules.js';
import { scalarSchema } from './scalars.js';

/** Field → the rule that it breaks. */
export type Violations = Readonly<Record<string, string>>;

const validator = createValidator();

/**
 * One way to break the rules of a call's request, in the service's own words: what an empty request lacks, else the
 * first field that can break a rule of its own. Undefined where no such field is found.
 */
export function violationsOf({ method, body, variables }: Binding): Violations | undefined {
  const inPath = variables.map(({ fields: [first] }) => first as DescField);
  // Where one field is the whole body, its own fields are named without it.
  const subject = typeof body === 'object' && body.fieldKind === 'message' ? body.message : method.input;
  const missing = violated(subject, undefined, (field) => !inPath.includes(field));
  if (missing !== undefined) return missing;
  const others = subject.fields.filter((field) => !inPath.includes(field));
  const isList = (field: DescField): boolean => field.fieldKind === 'list';
  const bare = others.filter((field) => !isList(field));
  const paths = inPath.filter((field) => subject.fields.includes(field));
  for (const broken of [...bare, ...paths, ...others.filter(isList)]) {
    const found = violated(subject, broken, (field) => field === broken);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the validator says of the chosen fields of a message that is empty but for one broken field. */
function violated(
  subject: Binding['method']['input'],
  broken: DescField | undefined,
  isChosen: (field: DescField) => boolean,
): Violations | undefined {
  const message = create(subject);
  if (broken?.fieldKind === 'list' && broken.scalar === ScalarType.STRING) {
    // An empty item breaks the rule of items, if that forbids empty ones.
    reflect(subject, message).get(broken).add('');
  } else if (broken !== undefined) {
    const value = broken.fieldKind === 'scalar' ? beyondBounds(broken.scalar, broken) : undefined;
    if (value === undefined) return undefined;
    reflect(subject, message).set(broken, value);
  }
  const { violations = [] } = validator.validate(subject, message);
  const told = violations.flatMap((violation) => {
    const [field] = violation.field;
    if (field?.kind !== 'field' || !isChosen(field)) return [];
    const { field: path, description } = toFieldViolation(violation);
    return [[path, description] as const];
  });
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

/** A value just beyond a bound; undefined where the type ends there. */
function beyondBounds(scalar: ScalarType, field: DescField): string | number | undefined {
  const { minimum, maximum, maxLength } = scalarSchema(scalar, rulesOf(field));
  const free = scalarSchema(scalar, {});
  if (scalar === ScalarType.STRING)
    return maxLength === undefined ? undefined : 'x'.repeat(Number(maxLength) + 1);
  if (free.format !== 'int32') return undefined;
  if (isWithin(minimum, free.minimum)) return Number(minimum) - 1;
  return isWithin(free.maximum, maximum) ? Number(maximum) + 1 : undefined;
}

/** Whether a bound is above another. */
function isWithin(bound: Json | undefined, other: Json | undefined): boolean {
  return Number(bound) > Number(other);
}
