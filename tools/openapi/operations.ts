import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { rawBody } from '../../src/transcoding/http/http-body.js';
import type { Binding } from '../../src/transcoding/rules/http-rules.js';
import { type AnswerContext, anything, successOf } from './answers.js';
import { commentText, splitSentence, withoutCode } from './comments.js';
import type { Facts, Place, Sample } from './facts.js';
import { compact, type Json, type Schema } from './json.js';
import { pathParameters, queryParameters } from './parameters.js';
import { isRequired } from './presence.js';
import { type Reason, reasonsIn } from './reasons.js';
import { rulesOf } from './rules.js';
import type { Schemas } from './schemas.js';
import { violationsOf } from './violations.js';

export interface OperationContext extends AnswerContext {
  readonly reasons: ReadonlyMap<string, Reason>;
  readonly commentOf: (desc: DescMethod) => string | undefined;
}

/** Methods that an OpenAPI path can have. */
const methods = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** Whether OpenAPI 3.1 can describe the binding: OpenAPI has no custom methods. */
export function isDescribable({ httpMethod }: Binding): boolean {
  return methods.has(httpMethod);
}

/** One binding of an RPC as an operation; `id` is its operationId. */
export function operationOf(binding: Binding, id: string, tag: string, context: OperationContext): Schema {
  const { facts, schemas, errors, reasons } = context;
  const { method } = binding;
  const comment = commentText(context.commentOf(method));
  const { summary, description } = splitSentence(schemas.text(comment));
  const changes = isChange(binding, [...(facts.safe ?? []), ...(facts.keyless ?? [])]);
  // Samples fit the RPC's first binding; in others, the body has other parts of the request.
  const sample = id === method.localName ? facts.samples[method.name] : undefined;
  const query = queryParameters(binding, schemas, sample?.parameters ?? {}, facts.bodyOnly ?? []);
  const streams = method.methodKind === 'server_streaming';
  const { every, changing, streaming } = facts.parameters;
  const headers = { ...(changes ? changing : {}), ...(streams ? streaming : {}), ...every };
  const permissions = facts.security.permissions.filter((permission) => comment.includes(permission));
  const failures = {
    rpc: method.name,
    reasons: reasonsIn(comment, reasons),
    changes,
    streams,
    place: placeOf(binding, query),
    permission: permissions[0],
    violations: violationsOf(binding),
  };
  return compact({
    operationId: id,
    tags: [tag],
    summary: withoutCode(summary),
    description: description === '' ? undefined : description,
    parameters: [
      ...pathParameters(binding, schemas, sample?.parameters ?? {}),
      ...query,
      ...Object.entries(headers).map(([name, parameter]) => headerParameter(name, parameter, id)),
    ],
    requestBody: requestBody(binding, id, schemas, sample),
    responses: { '200': successOf(binding, failures, sample, context), ...errors.responsesOf(failures) },
    deprecated: method.deprecated || undefined,
    security: [securityOf(permissions, facts)],
  });
}

/** Whether the call may carry a key: all but GET and HEAD may, unless the RPC or the facts say otherwise. */
function isChange({ httpMethod, method }: Binding, safe: readonly string[]): boolean {
  const isSafe = httpMethod === 'GET' || httpMethod === 'HEAD' || safe.includes(method.name);
  return !isSafe && method.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

function placeOf({ body, variables }: Binding, query: readonly Json[]): Place | undefined {
  if (body !== undefined) return 'body';
  if (query.length > 0) return 'query';
  return variables.length > 0 ? 'path' : undefined;
}

/** All schemes together. The permission scheme lists the permissions that the comment names. */
function securityOf(permissions: readonly string[], { security }: Facts): Schema {
  const names = Object.keys(security.schemes);
  return Object.fromEntries(
    names.map((name) => [name, name === security.permissionScheme ? [...permissions] : []]),
  );
}

function requestBody(
  binding: Binding,
  id: string,
  schemas: Schemas,
  sample: Sample | undefined,
): Json | undefined {
  const { body, method, variables } = binding;
  if (body === undefined) return undefined;
  if (rawBody(method.input, body) !== undefined) return { required: false, content: anything };
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
  const examples = sample?.request === undefined ? {} : { examples: requestExamples(sample) };
  return { required, content: { 'application/json': { schema, ...examples } } };
}

function requestExamples({ summary, request, data }: Sample): Schema {
  return { [data === undefined ? 'demo' : 'published']: compact({ summary, value: request }) };
}

/** A component, or in place where it differs from call to call. */
function headerParameter(name: string, parameter: Json, id: string): Json {
  if (!isOfCall(parameter)) return { $ref: `#/components/parameters/${name}` };
  const own = JSON.parse(JSON.stringify(parameter).replaceAll(OPERATION_ID, id)) as Schema;
  return { name, in: 'header', ...own };
}

const OPERATION_ID = '{operationId}';

export function isOfCall(parameter: Json): boolean {
  return JSON.stringify(parameter).includes(OPERATION_ID);
}
