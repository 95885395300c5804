/** A place in a roster. */
export interface Place {
  /** May be called again, to no effect. */
  leave(): void;
}

/**
 * What is in progress, oldest first.
 *
 * Why not a Set or a Map: the tables of V8 are replaced all the time while entries come and go, and each refers to the one that
 * replaced it. Once one of them has been promoted to the old generation, it keeps all that follow alive until the next full
 * collection, and with them every call that was in one as it was replaced. Each scavenge then copies and promotes calls that
 * ended long ago. A place that was left refers to nothing.
 */
export class Roster<T> {
  readonly #ends = new Link<T>(undefined, undefined);
  readonly #count = { size: 0 };

  get size(): number {
    return this.#count.size;
  }

  get oldest(): T | undefined {
    return this.#ends.next.item;
  }

  add(item: T): Place {
    return new Link(item, this.#count).enter(this.#ends);
  }

  /** All of them as they are now, oldest first: who reads them may remove any. */
  all(): T[] {
    const items: T[] = [];
    for (let link = this.#ends.next; link !== this.#ends; link = link.next) items.push(link.item!);
    return items;
  }
}

class Link<T> implements Place {
  next: Link<T> = this;
  #previous: Link<T> = this;
  #count: { size: number } | undefined;

  constructor(
    public item: T | undefined,
    count: { size: number } | undefined,
  ) {
    this.#count = count;
  }

  /** As the last one. */
  enter(ends: Link<T>): this {
    const last = ends.#previous;
    this.#previous = last;
    this.next = ends;
    last.next = this;
    ends.#previous = this;
    this.#count!.size++;
    return this;
  }

  leave(): void {
    if (this.#count === undefined) return;
    this.#count.size--;
    this.#previous.next = this.next;
    this.next.#previous = this.#previous;
    this.next = this;
    this.#previous = this;
    this.item = undefined;
    this.#count = undefined;
  }
}
