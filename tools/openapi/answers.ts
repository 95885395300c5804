import { rawBody } from '../../src/transcoding/http/http-body.js';
import type { Binding } from '../../src/transcoding/rules/http-rules.js';
import { splitSentence } from './comments.js';
import { type Errors, type Failures, headerRefs } from './errors.js';
import type { Facts, Sample } from './facts.js';
import { isEmpty, type Schema } from './json.js';
import type { Schemas } from './schemas.js';

export interface AnswerContext {
  readonly facts: Facts;
  readonly schemas: Schemas;
  readonly errors: Errors;
}

/** Bytes of any type, as `google.api.HttpBody` holds them: to OpenAPI, content without a schema. */
export const anything: Schema = { '*/*': {} };

/** What a call that succeeds answers: data in the envelope, a stream, or raw bytes. */
export function successOf(
  binding: Binding,
  failures: Failures,
  sample: Sample | undefined,
  { facts, schemas, errors }: AnswerContext,
): Schema {
  const { method, responseBody } = binding;
  const { every, replayed, streaming } = facts.headers;
  const headers = { ...every, ...(failures.changes ? replayed : {}), ...(failures.streams ? streaming : {}) };
  const { summary } = splitSentence(schemas.text(schemas.commentOf(responseBody ?? method.output)));
  const response = {
    description: summary === '' ? 'Success' : `${summary}.`,
    headers: headerRefs(Object.keys(headers)),
  };
  if (rawBody(method.output, responseBody) !== undefined) return { ...response, content: anything };
  const data = facts.answers?.[method.name] ?? messageOf(binding, schemas);
  if (failures.streams) return { ...response, content: streamContent(data, sample, failures, errors) };
  const schema: Schema = {
    type: 'object',
    properties: {
      status: { type: 'boolean', const: true, description: 'Whether the call succeeded.' },
      data,
    },
    required: ['status', 'data'],
    additionalProperties: false,
  };
  const value = sample?.data === undefined ? undefined : { status: true, data: sample.data };
  const examples = value === undefined ? {} : { examples: { published: { value } } };
  return { ...response, content: { 'application/json': { schema, ...examples } } };
}

/** OpenAPI 3.1 has no schema for one item of a stream. This one describes one line, or one event's `data`. */
function streamContent(
  message: Schema,
  sample: Sample | undefined,
  failures: Failures,
  errors: Errors,
): Schema {
  const failed = Object.keys(errors.schemas).map((name) => ({ $ref: `#/components/schemas/${name}` }));
  const examples: Schema = {
    ...(sample?.data === undefined ? {} : { message: { summary: 'A message', value: sample.data } }),
    ...errors.endingsOf(failures),
  };
  const content = { schema: { anyOf: [message, ...failed] }, ...(isEmpty(examples) ? {} : { examples }) };
  // Pages on which readers can try a call use the first.
  return { 'text/event-stream': content, 'application/x-ndjson': content };
}

function messageOf({ method, responseBody }: Binding, schemas: Schemas): Schema {
  return responseBody === undefined
    ? schemas.message(method.output, 'output')
    : schemas.field(responseBody, 'output');
}
