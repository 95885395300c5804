import { literal } from '../literal.js';
import { escaped, type JsonObject, type OpenApiDocument } from './document.js';

/** An operation that a request reaches. */
export interface Operation {
  readonly id: string;
  readonly pointer: string;
  readonly value: JsonObject;
  /** Variables of the path, percent-decoded. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where a request leads: to an operation, to a path without that method, or nowhere. */
export type Destination =
  | { readonly kind: 'operation'; readonly operation: Operation }
  | { readonly kind: 'other method'; readonly methods: readonly string[] }
  | { readonly kind: 'nowhere' };

/** Finds operations as OpenAPI says: a path without a variable in a place wins over one with. */
export function findOperation(document: OpenApiDocument, method: string, path: string): Destination {
  const templates = Object.keys(document.root.paths as JsonObject)
    .filter((template) => pattern(template).test(path))
    .sort((a, b) => (shape(a) < shape(b) ? -1 : 1));
  // HEAD answers where GET does; the document does not mention it.
  const key = method === 'HEAD' ? 'get' : method.toLowerCase();
  for (const template of templates) {
    const pointer = `/paths/${escaped(template)}/${key}`;
    const found = document.at(pointer);
    if (found === undefined) continue;
    const variables = variablesOf(template, path);
    const id = found.value.operationId as string;
    return { kind: 'operation', operation: { id, pointer: found.pointer, value: found.value, variables } };
  }
  const methods = templates.flatMap((template) =>
    Object.keys(document.at(`/paths/${escaped(template)}`)!.value).map((name) => name.toUpperCase()),
  );
  return templates.length === 0 ? { kind: 'nowhere' } : { kind: 'other method', methods };
}

const patterns = new Map<string, RegExp>();

function pattern(template: string): RegExp {
  let made = patterns.get(template);
  if (made === undefined) {
    made = toPattern(template);
    patterns.set(template, made);
  }
  return made;
}

function toPattern(template: string): RegExp {
  const parts = template
    .split(/(\{[^}]+\})/)
    .map((part) => (part.startsWith('{') ? '([^/]+)' : literal(part)));
  return new RegExp(`^${parts.join('')}$`);
}

/** Sorts literals before variables, place by place. */
function shape(template: string): string {
  return template
    .split('/')
    .map((segment) => (segment.includes('{') ? '1' : '0'))
    .join('');
}

function variablesOf(template: string, path: string): Record<string, string> {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
  const values = pattern(template).exec(path)!.slice(1);
  return Object.fromEntries(names.map((name, i) => [name, decoded(values[i]!)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It cannot be decoded, and must match no schema's pattern.
    return '\0';
  }
}
