import { type DescMethod, getOption } from '@bufbuild/protobuf';
import type { Failure } from '../../../domain/failure.js';
import { http } from '../../../gen/google/api/annotations_pb.js';
import { MalformedRequest } from '../../../transcoding/index.js';

/**
 * Renames a failure's fields to the names that a REST caller used: where a field of the request is the whole body, its
 * own fields appear there without its name.
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

/** The same for a request that cannot be read; the whole body has no name. */
export function malformedAsWritten(error: MalformedRequest, method: DescMethod): MalformedRequest {
  const { field, description } = error.fault;
  const body = bodyFieldOf(method);
  if (body === undefined || field === undefined) return error;
  if (field === body) return new MalformedRequest(`the body ${description}`);
  return field.startsWith(`${body}.`)
    ? new MalformedRequest(description, field.slice(body.length + 1))
    : error;
}

/** The JSON name of the field that is the whole body; undefined if there is none. */
function bodyFieldOf(method: DescMethod): string | undefined {
  const { body } = getOption(method, http);
  return method.input.fields.find(({ name }) => name === body)?.jsonName;
}
