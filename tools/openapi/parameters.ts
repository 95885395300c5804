import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Binding } from '../../src/transcoding/rules/http-rules.js';
import { compact, type Json, type Schema } from './json.js';
import { isRequired } from './presence.js';
import { rulesOf } from './rules.js';
import type { Schemas } from './schemas.js';
import { isText } from './well-known.js';

/** A part of a path that is not a literal: to OpenAPI a variable, which holds one segment. */
interface Wildcard {
  readonly name: string;
  /** Undefined outside of variables: the text is ignored. */
  readonly fields: readonly DescField[] | undefined;
  /** Whether it alone fills the field. */
  readonly isWhole: boolean;
}

/**
 * The path as OpenAPI writes it, its variables by their JSON names: `/v1/{place.name=houses/*}` is
 * `/v1/houses/{place.name}`, and where a variable has several wildcards, they are numbered from 1.
 */
export function pathOf(binding: Binding): string {
  const { segments, verb } = binding.template;
  const wildcards = wildcardsOf(binding);
  const parts = segments.map((segment) =>
    segment.kind === 'literal' ? encodeURIComponent(segment.text) : `{${wildcards.shift()?.name}}`,
  );
  return `/${parts.join('/')}${verb === '' ? '' : `:${verb}`}`;
}

/** Values of an operation's example, by parameter. */
export type ParameterExamples = Readonly<Record<string, Json>>;

export function pathParameters(binding: Binding, schemas: Schemas, examples: ParameterExamples): Json[] {
  return wildcardsOf(binding).map(({ name, fields, isWhole }) => {
    const field = fields?.at(-1);
    if (field === undefined) return parameter(name, 'path', true, oneSegment, examples);
    const schema = schemas.field(field, 'input');
    const { description } = schema;
    const own = isWhole ? schema : compact({ ...oneSegment, description });
    return parameter(name, 'path', true, own, examples, { deprecated: field.deprecated });
  });
}

const oneSegment = { type: 'string', pattern: '^[^/]+$' };

function wildcardsOf({ template: { segments }, variables }: Binding): Wildcard[] {
  let outside = 0;
  return segments.flatMap(({ kind }, i): Wildcard[] => {
    if (kind === 'literal') return [];
    const variable = variables.find(({ start, end }) => start <= i && i < end);
    if (variable === undefined) return [{ name: `wildcard${++outside}`, fields: undefined, isWhole: false }];
    const { fields, start, end } = variable;
    const covered = segments.slice(start, Math.min(end, segments.length));
    const places = covered.flatMap((segment, n) => (segment.kind === 'literal' ? [] : [start + n]));
    const name = jsonName(fields);
    const isOnly = places.length === 1;
    return [
      { name: isOnly ? name : `${name}.${places.indexOf(i) + 1}`, fields, isWhole: covered.length === 1 },
    ];
  });
}

/** The fields that neither path nor body fill, including those of inner messages. */
export function queryParameters(
  binding: Binding,
  schemas: Schemas,
  examples: ParameterExamples,
  bodyOnly: readonly string[],
): Json[] {
  if (binding.body === '*') return [];
  const { body } = binding;
  const inPath = new Set(binding.variables.map(({ fields }) => jsonName(fields)));
  const parameters: Json[] = [];
  const add = (message: DescMessage, above: readonly DescField[]): void => {
    for (const field of message.fields) {
      const fields = [...above, field];
      const name = jsonName(fields);
      if (inPath.has(name) || bodyOnly.includes(name) || field === body || field.fieldKind === 'map')
        continue;
      if (field.message !== undefined && !isText(field.message)) {
        // A message that contains itself would have endless parameters.
        const recursive =
          above.some(({ message: outer }) => outer === field.message) ||
          field.message === binding.method.input;
        if (field.fieldKind === 'message' && !recursive) add(field.message, fields);
        continue;
      }
      const schema = schemas.field(field, 'input');
      const required = above.length === 0 && isRequired(field, rulesOf(field), schema);
      const explode = field.fieldKind === 'list' ? { style: 'form', explode: true } : {};
      const { deprecated } = field;
      parameters.push(parameter(name, 'query', required, schema, examples, { deprecated, ...explode }));
    }
  };
  add(binding.method.input, []);
  return parameters;
}

/** The example is next to the schema, where tools that make requests from the document look for it. */
function parameter(
  name: string,
  place: string,
  required: boolean,
  { description, examples, ...schema }: Schema,
  own: ParameterExamples,
  { deprecated = false, ...style }: Schema & { deprecated?: boolean } = {},
): Json {
  return compact({
    name,
    in: place,
    required: required || undefined,
    deprecated: deprecated || undefined,
    description,
    example: own[name] ?? (examples as Json[] | undefined)?.[0],
    ...style,
    schema,
  });
}

function jsonName(fields: readonly DescField[]): string {
  return fields.map((field) => field.jsonName).join('.');
}
