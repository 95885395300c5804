import type { RequestPath } from './request-path.js';
import type { Template } from './template.js';

/** The kind of `custom` that stands for every HTTP method. */
export const ANY_METHOD = '*';

/** By HTTP method. */
type Terminal<R> = Map<string, R>;

class Node<R> {
  readonly literals = new Map<string, Node<R>>();
  one: Node<R> | undefined;
  rest: Node<R> | undefined;
  /** By verb; the empty verb means no verb. */
  readonly terminals = new Map<string, Terminal<R>>();
}

/**
 * Routes as a tree of path segments, so that matching costs the length of the path and not the number of routes. At
 * each segment a literal is tried before `*`, and `*` before `**`; a branch that has the path but not the method is
 * passed over for a less specific one that has both.
 */
export class RouteTree<R> {
  readonly #root = new Node<R>();

  /** Adds a route, unless one with the same method and path shape exists: that one is returned. */
  add(httpMethod: string, template: Template, route: R): R | undefined {
    let node = this.#root;
    for (const segment of template.segments) node = childFor(node, segment);
    const terminal = getOrAdd(node.terminals, template.verb, () => new Map());
    const existing = terminal.get(httpMethod);
    if (existing === undefined) terminal.set(httpMethod, route);
    return existing;
  }

  /** HEAD finds what GET does, unless a HEAD route is just as specific. */
  find(httpMethod: string, path: RequestPath): R | undefined {
    if (httpMethod === 'HEAD') {
      return search(this.#root, path, 0, (t) => t.get('HEAD') ?? t.get('GET') ?? t.get(ANY_METHOD));
    }
    return search(this.#root, path, 0, (t) => t.get(httpMethod) ?? t.get(ANY_METHOD));
  }

  /** The HTTP methods of all routes that match this path. */
  methods(path: RequestPath): Set<string> {
    const methods = new Set<string>();
    search(this.#root, path, 0, (terminal) => {
      for (const method of terminal.keys()) methods.add(method);
      return undefined;
    });
    return methods;
  }
}

function childFor<R>(node: Node<R>, segment: Template['segments'][number]): Node<R> {
  if (segment.kind === 'literal') return getOrAdd(node.literals, segment.text, () => new Node());
  node[segment.kind] ??= new Node();
  return node[segment.kind] as Node<R>;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}

/** Visits the terminals that match, most specific first, until `pick` accepts one. */
function search<R, T>(
  node: Node<R>,
  path: RequestPath,
  index: number,
  pick: (terminal: Terminal<R>) => T | undefined,
): T | undefined {
  const segment = path.decoded[index];
  let picked: T | undefined;
  if (segment === undefined) {
    picked = pickAt(node, path, pick);
  } else {
    const literal = node.literals.get(segment);
    if (literal !== undefined) picked = search(literal, path, index + 1, pick);
    if (picked === undefined && node.one !== undefined && segment !== '') {
      picked = search(node.one, path, index + 1, pick);
    }
  }
  if (picked === undefined && node.rest !== undefined) picked = pickAt(node.rest, path, pick);
  return picked;
}

function pickAt<R, T>(
  node: Node<R>,
  path: RequestPath,
  pick: (terminal: Terminal<R>) => T | undefined,
): T | undefined {
  const terminal = node.terminals.get(path.verb);
  return terminal === undefined ? undefined : pick(terminal);
}
