import { Fifo } from './fifo.js';

/** A group is quiet if no more than this waits, by weight. */
export const QUIET = 16;

/** The calls of one group (merchant) that wait. */
export interface Group<E> {
  readonly name: string;
  readonly arrived: Fifo<E>;
  /** Rows that calls of the group wait for, and whose turn may have come. They go before calls that arrived later. */
  readonly awaited: Fifo<string>;
  /** What it may still take in its turn. */
  credit: number;
  /** The weight of all its calls that wait: in the queue, or for a row. */
  weight: number;
  inRound: boolean;
}

/** The groups that have calls, and how many these are. */
export class Groups<E extends { readonly group: string; readonly weight: number }> {
  readonly #groups = new Map<string, Group<E>>();
  /** Calls that wait. */
  calls = 0;
  /** Their weight. */
  weight = 0;
  /** The weight of those whose groups are not quiet. */
  loud = 0;

  get size(): number {
    return this.#groups.size;
  }

  weightOf(name: string): number {
    return this.#groups.get(name)?.weight ?? 0;
  }

  /** A call begins (1) or ends (-1) to wait. */
  count(entry: E, by: 1 | -1): void {
    this.calls += by;
    this.weight += by * entry.weight;
    const group = this.named(entry.group);
    if (!isQuiet(group)) this.loud -= group.weight;
    group.weight += by * entry.weight;
    if (!isQuiet(group)) this.loud += group.weight;
    this.#forgetIfEmpty(group);
  }

  named(name: string): Group<E> {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { name, arrived: new Fifo(), awaited: new Fifo(), credit: 0, weight: 0, inRound: false };
      this.#groups.set(name, group);
    }
    return group;
  }

  leaveRound(group: Group<E>): void {
    group.inRound = false;
    this.#forgetIfEmpty(group);
  }

  #forgetIfEmpty(group: Group<E>): void {
    if (group.weight === 0 && !group.inRound) this.#groups.delete(group.name);
  }
}

export function isQuiet({ weight }: { readonly weight: number }): boolean {
  return weight <= QUIET;
}
