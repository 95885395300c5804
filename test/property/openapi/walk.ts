import fc from 'fast-check';
import { escaped, type OpenApiDocument } from '../../support/openapi/document.js';
import { Members, type Tree } from './json-tree.js';
import { schemaAt } from './schema.js';

/** A change of a body, somewhere in it. */
export type Change = (document: OpenApiDocument, pointer: string, tree: Tree) => Tree;

export type Entries = Members['entries'];

/** Changes the `at`-th of all values; after the last, counting starts again. */
export function somewhere(
  at: number,
  change: (tree: Tree, document: OpenApiDocument, pointer: string) => Tree,
): Change {
  return (document, pointer, tree) => {
    const count = visit(tree, pointer, document, 0, () => undefined).next;
    return visit(tree, pointer, document, 0, (value, place, n) =>
      n === at % count ? change(value, document, place) : undefined,
    ).tree;
  };
}

/** Changes the members of some object: the outermost, or one inside it. `isField` knows the fields of its schema. */
export function inMembers(
  change: (entries: Entries, i: number, isField: (key: string) => boolean) => Entries,
): fc.Arbitrary<Change> {
  return fc.tuple(fc.nat(), fc.nat()).map(([at, i]) => (document, pointer, tree) => {
    const count = objectsIn(tree);
    let n = 0;
    return visit(tree, pointer, document, 0, (value, place) => {
      if (!(value instanceof Members) || n++ !== at % count) return undefined;
      const { properties = {} } = schemaAt(document, place)?.schema ?? {};
      const { entries } = value;
      return new Members(
        change(entries, entries.length === 0 ? 0 : i % entries.length, (key) =>
          Object.hasOwn(properties, key),
        ),
      );
    }).tree;
  });
}

/** Walks a tree along with its schema. `change` returns what replaces a value. Its pointer may lead nowhere. */
function visit(
  tree: Tree,
  pointer: string,
  document: OpenApiDocument,
  n: number,
  change: (value: Tree, pointer: string, n: number) => Tree | undefined,
): { tree: Tree; next: number } {
  const changed = change(tree, pointer, n);
  if (changed !== undefined) return { tree: changed, next: n + 1 };
  const at = document.at(pointer)?.pointer ?? pointer;
  let next = n + 1;
  const inside = (value: Tree, place: string): Tree => {
    const visited = visit(value, place, document, next, change);
    next = visited.next;
    return visited.tree;
  };
  if (Array.isArray(tree)) return { tree: (tree as Tree[]).map((item) => inside(item, `${at}/items`)), next };
  if (!(tree instanceof Members)) return { tree, next };
  const isMap = document.at(at)?.value.properties === undefined;
  const entries = tree.entries.map(([key, value]) => {
    return [
      key,
      inside(value, isMap ? `${at}/additionalProperties` : `${at}/properties/${escaped(key)}`),
    ] as const;
  });
  return { tree: new Members(entries), next };
}

function objectsIn(tree: Tree): number {
  if (Array.isArray(tree)) return (tree as Tree[]).reduce((sum: number, item) => sum + objectsIn(item), 0);
  if (!(tree instanceof Members)) return 0;
  return tree.entries.reduce((sum, [, value]) => sum + objectsIn(value), 1);
}
