/** First in, first out. Taking an item does not move the others. */
export class Fifo<T> {
  /** Undefined: it was taken. */
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head]!;
    this.#items[this.#head] = undefined;
    this.#head++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts the item in front of those that must come after it. Its place is nearly always the end. */
  insert(item: T, comesAfter: (other: T) => boolean): void {
    let at = this.#items.length;
    while (at > this.#head && comesAfter(this.#items[at - 1]!)) at--;
    if (at === this.#items.length) this.#items.push(item);
    else this.#items.splice(at, 0, item);
  }

  /** The first ones, this many at most. */
  first(itemsMax: number): T[] {
    const end = Math.min(this.#items.length, this.#head + itemsMax);
    const items: T[] = [];
    for (let i = this.#head; i < end; i++) items.push(this.#items[i]!);
    return items;
  }

  filter(passes: (item: T) => boolean): T[] {
    return this.first(this.length).filter(passes);
  }

  /** Removes what does not pass, and returns it. */
  retain(passes: (item: T) => boolean): T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (let i = this.#head; i < this.#items.length; i++) {
      (passes(this.#items[i]!) ? kept : removed).push(this.#items[i]!);
    }
    this.#items = kept;
    this.#head = 0;
    return removed;
  }
}
