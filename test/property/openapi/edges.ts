import type { OpenApiDocument } from '../../support/openapi/document.js';
import { sampleOf } from './draw-value.js';
import { Members, type Tree } from './json-tree.js';
import { schemaAt } from './schema.js';

const empty = new Members([]);

/** The `n`-th value just beyond what the schema allows, or just within it. */
export function edge(tree: Tree, n: number, document: OpenApiDocument, pointer: string): Tree {
  const found = schemaAt(document, pointer);
  // The name of an unknown field may be that of a member of every JavaScript object.
  const edges = found?.schema.type === undefined ? [] : edgesOf(document, found.at);
  return edges.length === 0 ? tree : edges[n % edges.length]!;
}

/** Values at the bounds of the schema, and just beyond them. */
export function edgesOf(document: OpenApiDocument, pointer: string): Tree[] {
  const { schema } = schemaAt(document, pointer)!;
  const { minimum, maximum, maxLength, maxItems, maxProperties, not } = schema;
  if (schema.enum !== undefined) {
    const [first = ''] = schema.enum;
    return [0, 1, '1', schema.enum.length + 1, -1, first.toLowerCase(), `${first} `, 'UNSPECIFIED'];
  }
  const forbidden: Tree[] = not === undefined ? [] : [not.const as number];
  switch (schema.type) {
    case 'integer':
      return [minimum - 1, minimum, maximum, maximum + 1, String(maximum), String(maximum + 1), ...forbidden];
    case 'string':
      return ['', ...['a', 'ö', '\u{1F4E6}'].flatMap((c) => [c.repeat(maxLength), c.repeat(maxLength + 1)])];
    case 'array': {
      const item = sampleOf(document, `${pointer}/items`);
      return [[], Array<Tree>(maxItems).fill(item), Array<Tree>(maxItems + 1).fill(item)];
    }
    case 'object':
      return maxProperties === undefined
        ? [empty]
        : [maxProperties, maxProperties + 1].map(
            (count: number) => new Members(Array.from({ length: count }, (_, i) => [`k${i}`, ''])),
          );
    case 'boolean':
      return [];
  }
}
