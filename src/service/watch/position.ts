import { hash } from 'node:crypto';

/** Characters of a record's name: 48 bits, so that two records of a watch practically never share one. */
const NAME_LENGTH = 8;

/**
 * How far a watch has come: the last revision sent of each record.
 *
 * A record's revisions have no gaps and are committed in order, since each is taken under the record's lock. A single
 * number for all records would not work: transactions do not commit in the order in which they would take it.
 */
export class Position {
  /** Name of a record → last revision sent. */
  readonly #revisions = new Map<string, number>();

  /** The record's last revision that was sent; undefined when none was. */
  of(id: string): number | undefined {
    return this.#revisions.get(nameOf(id));
  }

  /** Whether it has no other records than these. */
  isOf(ids: Iterable<string>): boolean {
    const named = new Set(Array.from(ids, nameOf));
    return [...this.#revisions.keys()].every((name) => named.has(name));
  }

  advance(id: string, revision: number): void {
    this.#revisions.set(nameOf(id), revision);
  }

  /** Formats it as an event id: `<name><revision in base 36>`, joined by `.`. */
  toString(): string {
    return Array.from(this.#revisions, ([name, revision]) => name + revision.toString(36)).join('.');
  }

  /** Parses an event id; undefined when it is not valid. */
  static parse(text: string): Position | undefined {
    const position = new Position();
    for (const part of text.split('.')) {
      if (!/^[\w-]{8}[0-9a-z]{1,11}$/.test(part)) return undefined;
      const revision = Number.parseInt(part.slice(NAME_LENGTH), 36);
      const name = part.slice(0, NAME_LENGTH);
      if (!Number.isSafeInteger(revision) || position.#revisions.has(name)) return undefined;
      position.#revisions.set(name, revision);
    }
    return position;
  }
}

const names = new Map<string, string>();
const NAMES_MAX = 10_000;

function nameOf(id: string): string {
  let name = names.get(id);
  if (name === undefined) {
    name = hash('sha256', id, 'base64url').slice(0, NAME_LENGTH);
    if (names.size >= NAMES_MAX) names.clear();
    names.set(id, name);
  }
  return name;
}
