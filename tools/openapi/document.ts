import type { DescEnum, DescFile, DescService } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { type Binding, readHttpRules } from '../../src/transcoding/rules/http-rules.js';
import { commentText } from './comments.js';
import { Errors } from './errors.js';
import type { Facts } from './facts.js';
import type { Schema } from './json.js';
import { isDescribable, isOfCall, type OperationContext, operationOf } from './operations.js';
import { pathOf } from './parameters.js';
import { readReasons } from './reasons.js';
import { type CommentOf, Schemas } from './schemas.js';

export interface Source {
  readonly files: readonly DescFile[];
  readonly facts: Facts;
  readonly commentOf: CommentOf & OperationContext['commentOf'] & ((desc: DescService) => string | undefined);
}

/** The OpenAPI 3.1 document of the files' services: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument({ files, facts, commentOf }: Source): Schema {
  const services = files.flatMap((file) => file.services);
  const bindings = readHttpRules(services).bindings.filter(isDescribable);
  const outputs = bindings.map(({ method }) => method.output);
  const schemas = new Schemas({ files, outputs, commentOf, examples: facts.examples });
  const reasons = readReasons(reasonsEnum(files, facts.errors.reasons), facts.errors.prefix, commentOf);
  const errors = new Errors(facts, reasons);
  const context: OperationContext = { facts, schemas, errors, reasons, commentOf };

  const streams = bindings.some(({ method }) => method.methodKind !== 'unary');
  const paths: Record<string, Schema> = {};
  const tags = new Set<string>();
  for (const binding of bindings) {
    const tag = tagOf(binding);
    tags.add(tag);
    const path = pathOf(binding);
    const operation = operationOf(binding, idOf(binding, bindings), tag, context);
    const key = binding.httpMethod.toLowerCase();
    if (paths[path]?.[key] !== undefined) {
      throw new Error(
        `"${binding.template.source}": OpenAPI knows it as ${key} ${path}, as it does another binding`,
      );
    }
    paths[path] = { ...paths[path], [key]: operation };
  }
  return {
    openapi: '3.1.1',
    info: { ...facts.info, description: described(services, facts, commentOf) },
    servers: facts.servers,
    security: [Object.fromEntries(Object.keys(facts.security.schemes).map((name) => [name, []]))],
    tags: [...tags].map((name) => ({ name, description: facts.tags[name] ?? `Calls under \`${name}\`.` })),
    paths,
    components: {
      schemas: { ...schemas.components, ...errors.schemas },
      responses: errors.responses,
      parameters: headerParameters(facts, streams),
      headers: headerComponents(facts, streams),
      examples: errors.examples,
      securitySchemes: facts.security.schemes,
    },
  };
}

/** Headers of streams are only included where there are streams. */
function headerComponents({ headers }: Facts, streams: boolean): Schema {
  const { every, replayed, streaming, retryAfter, statuses = {} } = headers;
  const ofStatuses = Object.values(statuses);
  return Object.assign({}, every, replayed, streams ? streaming : {}, retryAfter, ...ofStatuses) as Schema;
}

function described(services: readonly DescService[], facts: Facts, commentOf: Source['commentOf']): string {
  const comments = services.map((service) => commentText(commentOf(service)).split('\n\n')[0] ?? '');
  return [...comments, commentText(facts.info.description)].join('\n\n').trim();
}

function reasonsEnum(files: readonly DescFile[], typeName: string): DescEnum {
  for (const file of files) {
    for (const desc of nestedTypes(file)) if (desc.kind === 'enum' && desc.typeName === typeName) return desc;
  }
  throw new Error(`there is no enum ${typeName}`);
}

/** The RPC's name; its second and later bindings are numbered. */
function idOf(binding: Binding, bindings: readonly Binding[]): string {
  const { localName } = binding.method;
  const index = bindings.filter(({ method }) => method === binding.method).indexOf(binding);
  return index === 0 ? localName : `${localName}${index + 1}`;
}

/** The path's first literal after the version. */
function tagOf({ template }: Binding): string {
  const literals = template.segments.flatMap((segment) => (segment.kind === 'literal' ? [segment.text] : []));
  return literals.find((text) => !/^v\d/.test(text)) ?? 'other';
}

function headerParameters({ parameters }: Facts, streams: boolean): Schema {
  const { changing, streaming, every } = parameters;
  const all = Object.entries({ ...changing, ...(streams ? streaming : {}), ...every });
  const shared = all.filter(([, parameter]) => !isOfCall(parameter));
  return Object.fromEntries(
    shared.map(([name, parameter]) => [name, { name, in: 'header', ...(parameter as Schema) }]),
  );
}
