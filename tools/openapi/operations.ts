import type { DescMethod } from '@bufbuild/protobuf';
import type { Binding } from '../../src/transcoding/http-rules.js';
import { commentText, splitSentence } from './comments.js';
import { type Errors, headerRefs } from './errors.js';
import type { Facts, Sample } from './facts.js';
import { compact, type Json, type Schema } from './json.js';
import { pathParameters, queryParameters } from './parameters.js';
import { isRequired } from './presence.js';
import { type Reason, reasonsIn } from './reasons.js';
import { rulesOf } from './rules.js';
import type { Schemas } from './schemas.js';

export interface OperationContext {
  readonly facts: Facts;
  readonly schemas: Schemas;
  readonly errors: Errors;
  readonly reasons: ReadonlyMap<string, Reason>;
  readonly commentOf: (desc: DescMethod) => string | undefined;
}

/** Methods that an OpenAPI path can have. */
const methods = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** Whether OpenAPI 3.1 has words for the binding: custom methods have none. */
export function isDescribable({ httpMethod }: Binding): boolean {
  return methods.has(httpMethod);
}

/** One binding of an RPC as an operation; `id` is its operationId. */
export function operationOf(binding: Binding, id: string, tag: string, context: OperationContext): Schema {
  const { facts, schemas, errors, reasons } = context;
  const { method, body } = binding;
  const comment = commentText(context.commentOf(method));
  const { summary, description } = splitSentence(schemas.text(comment));
  const changes = binding.httpMethod !== 'GET' && binding.httpMethod !== 'HEAD';
  const streams = method.methodKind === 'server_streaming';
  const { every, changing, streaming } = facts.parameters;
  const headerNames = Object.keys({ ...(changes ? changing : {}), ...(streams ? streaming : {}), ...every });
  const failures = {
    rpc: method.name,
    reasons: reasonsIn(comment, reasons),
    changes,
    hasBody: body !== undefined,
  };
  // Samples are of the RPC's first binding; others have other parts in the body.
  const sample = id === method.localName ? facts.samples[method.name] : undefined;
  return compact({
    operationId: id,
    tags: [tag],
    summary,
    description: description === '' ? undefined : description,
    parameters: [
      ...pathParameters(binding, schemas),
      ...queryParameters(binding, schemas),
      ...headerNames.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    requestBody: requestBody(binding, id, schemas, sample),
    responses: { '200': success(binding, changes, sample, context), ...errors.responsesOf(failures) },
    security: [securityOf(comment, facts)],
  });
}

/** Every scheme at once; the one of the permissions names those that the comment does. */
function securityOf(comment: string, { security }: Facts): Schema {
  const named = security.permissions.filter((permission) => comment.includes(permission));
  const names = Object.keys(security.schemes);
  return Object.fromEntries(names.map((name) => [name, name === security.permissionScheme ? named : []]));
}

function requestBody(
  binding: Binding,
  id: string,
  schemas: Schemas,
  sample: Sample | undefined,
): Json | undefined {
  const { body, method, variables } = binding;
  if (body === undefined) return undefined;
  let schema: Schema;
  let required: boolean;
  if (body === '*') {
    const inPath = variables.map(({ fields }) => fields);
    const object = schemas.object(method.input, 'input', inPath);
    const name = `${id[0]?.toUpperCase()}${id.slice(1)}Body`;
    schema = schemas.component(name, `the body of ${id}`, () => object);
    required = object.required !== undefined;
  } else {
    schema = schemas.field(body, 'input');
    required = isRequired(body, rulesOf(body), schema);
  }
  const examples =
    sample?.request === undefined ? {} : { examples: { published: { value: sample.request } } };
  return { required, content: { 'application/json': { schema, ...examples } } };
}

function success(
  binding: Binding,
  changes: boolean,
  sample: Sample | undefined,
  context: OperationContext,
): Schema {
  const { method, responseBody } = binding;
  const { facts, schemas, errors } = context;
  const data =
    responseBody === undefined
      ? schemas.message(method.output, 'output')
      : schemas.field(responseBody, 'output');
  const headers = [
    ...Object.keys(facts.headers.every),
    ...(changes ? Object.keys(facts.headers.replayed) : []),
  ];
  const described = responseBody === undefined ? method.output : responseBody;
  const { summary } = splitSentence(schemas.text(schemas.commentOf(described)));
  const response = { description: summary === '' ? 'Success' : `${summary}.`, headers: headerRefs(headers) };
  if (method.methodKind === 'server_streaming')
    return { ...response, content: streamContent(data, Object.keys(errors.schemas)) };
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

/** OpenAPI 3.1 cannot say that a schema describes one of many: here it is one line's, or one event's `data`. */
function streamContent(message: Schema, errors: readonly string[]): Schema {
  const schema = { anyOf: [message, ...errors.map((name) => ({ $ref: `#/components/schemas/${name}` }))] };
  return { 'application/x-ndjson': { schema }, 'text/event-stream': { schema } };
}
