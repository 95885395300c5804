import { type DescMethod, getOption } from '@bufbuild/protobuf';
import type { Failure } from '../../../domain/failure.js';
import { http } from '../../../gen/google/api/annotations_pb.js';
import { MalformedRequest } from '../../../transcoding/index.js';

/**
 * Fields of a request by the names that a REST caller gave them: where a field of the request is the whole body, its
 * own fields stand there without its name.
 */
export function asWritten(failure: Failure, method: DescMethod): Failure {
  if (failure.reason !== 'VALIDATION_FAILED') return failure;
  const body = bodyFieldOf(method);
  if (body === undefined) return failure;
  const prefix = `${body}.`;
  const violations = failure.violations.map((violation) =>
    violation.field.startsWith(prefix)
      ? { ...violation, field: violation.field.slice(prefix.length) }
      : violation,
  );
  return { ...failure, violations };
}

/** The same of what cannot be read at all; the whole body has no name. */
export function malformedAsWritten(error: MalformedRequest, method: DescMethod): MalformedRequest {
  const { field, description } = error.fault;
  const body = bodyFieldOf(method);
  if (body === undefined || field === undefined) return error;
  if (field === body) return new MalformedRequest(`the body ${description}`);
  return field.startsWith(`${body}.`)
    ? new MalformedRequest(description, field.slice(body.length + 1))
    : error;
}

/** The field that is the whole body, as JSON spells it; undefined where there is none. */
function bodyFieldOf(method: DescMethod): string | undefined {
  const { body } = getOption(method, http);
  return method.input.fields.find(({ name }) => name === body)?.jsonName;
}
