import { type DescMethod, getOption } from '@bufbuild/protobuf';
import type { Failure } from '../../domain/failure.js';
import { http } from '../../gen/google/api/annotations_pb.js';

/**
 * Names the fields of a violation as a REST caller wrote them: where a field of the request is the whole body, its own
 * fields stand there without its name.
 */
export function asWritten(failure: Failure, method: DescMethod): Failure {
  if (failure.reason !== 'VALIDATION_FAILED') return failure;
  const { body } = getOption(method, http);
  const field = method.input.fields.find(({ name }) => name === body);
  if (field === undefined) return failure;
  const prefix = `${field.jsonName}.`;
  const violations = failure.violations.map((violation) =>
    violation.field.startsWith(prefix)
      ? { ...violation, field: violation.field.slice(prefix.length) }
      : violation,
  );
  return { ...failure, violations };
}
