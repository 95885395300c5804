import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Binding } from '../../src/transcoding/http-rules.js';
import { compact, type Json } from './json.js';
import { isRequired } from './presence.js';
import { rulesOf } from './rules.js';
import type { Schemas } from './schemas.js';
import { isText } from './well-known.js';

/** The path as OpenAPI writes it, its variables by their JSON names. */
export function pathOf({ template, variables }: Binding): string {
  const parts: string[] = [];
  for (let i = 0; i < template.segments.length; i++) {
    const segment = template.segments[i]!;
    const variable = variables.find(({ start }) => start === i);
    if (variable !== undefined) {
      parts.push(`{${jsonName(variable.fields)}}`);
      i = Math.min(variable.end, template.segments.length) - 1;
    } else if (segment.kind === 'literal') parts.push(encodeURIComponent(segment.text));
    else throw new Error(`"${template.source}": OpenAPI has no wildcards outside of variables`);
  }
  return `/${parts.join('/')}${template.verb === '' ? '' : `:${template.verb}`}`;
}

export function pathParameters({ template, variables }: Binding, schemas: Schemas): Json[] {
  return variables.map(({ fields, start, end, multiSegment }) => {
    const { description, ...schema } = schemas.field(fields[fields.length - 1] as DescField, 'input');
    const covered = template.segments.slice(start, Math.min(end, template.segments.length));
    const shape = covered.map(
      (s) => ({ literal: s.kind === 'literal' ? s.text : '', one: '[^/]+', rest: '.*' })[s.kind],
    );
    return compact({
      name: jsonName(fields),
      in: 'path',
      required: true,
      description,
      schema:
        multiSegment && schema.pattern === undefined
          ? { ...schema, pattern: `^${shape.join('/')}$` }
          : schema,
    });
  });
}

/** The fields that neither path nor body fill, also those of inner messages. */
export function queryParameters(binding: Binding, schemas: Schemas): Json[] {
  if (binding.body === '*') return [];
  const { body } = binding;
  const inPath = new Set(binding.variables.map(({ fields }) => jsonName(fields)));
  const parameters: Json[] = [];
  const add = (message: DescMessage, above: readonly DescField[]): void => {
    for (const field of message.fields) {
      const fields = [...above, field];
      const name = jsonName(fields);
      if (inPath.has(name) || field === body || field.fieldKind === 'map') continue;
      if (field.message !== undefined && !isText(field.message)) {
        // A message that holds itself would have parameters without end.
        const recursive =
          above.some(({ message: outer }) => outer === field.message) ||
          field.message === binding.method.input;
        if (field.fieldKind === 'message' && !recursive) add(field.message, fields);
        continue;
      }
      const { description, ...schema } = schemas.field(field, 'input');
      const required = above.length === 0 && isRequired(field, rulesOf(field), schema);
      const explode = field.fieldKind === 'list' ? { style: 'form', explode: true } : {};
      parameters.push(
        compact({ name, in: 'query', ...(required ? { required } : {}), description, ...explode, schema }),
      );
    }
  };
  add(binding.method.input, []);
  return parameters;
}

function jsonName(fields: readonly DescField[]): string {
  return fields.map((field) => field.jsonName).join('.');
}
