/** What a Set does, in any order and for a few items: nothing is allocated as they come and go. */
export class ShortList<T extends object> {
  /** The first `size` of these. */
  readonly #places: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(item: T): boolean {
    return this.#places.includes(item);
  }

  add(item: T): this {
    if (!this.has(item)) this.#places[this.#size++] = item;
    return this;
  }

  delete(item: T): boolean {
    const at = this.#places.indexOf(item);
    if (at === -1) return false;
    this.#size--;
    this.#places[at] = this.#places[this.#size];
    this.#places[this.#size] = undefined;
    return true;
  }

  forEach(visit: (item: T) => void): void {
    for (const item of this) visit(item);
  }

  /** All of them as they are now. */
  [Symbol.iterator](): IterableIterator<T> {
    return (this.#places.slice(0, this.#size) as T[]).values();
  }
}
