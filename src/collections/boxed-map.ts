/**
 * A Map that refers to nothing that was deleted from it. See Roster for why a plain one does, as far as the garbage collector
 * is concerned: here, a table that was replaced refers to boxes, and a box is emptied.
 *
 * For keys that are numbers or strings: the tables refer to these all the same.
 */
export class BoxedMap<K extends number | string, V> implements Map<K, V> {
  readonly #boxes = new Map<K, { value?: V | undefined }>();
  readonly [Symbol.toStringTag] = 'BoxedMap';

  get size(): number {
    return this.#boxes.size;
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#boxes.has(key);
  }

  set(key: K, value: V): this {
    const box = this.#boxes.get(key);
    if (box === undefined) this.#boxes.set(key, { value });
    else box.value = value;
    return this;
  }

  delete(key: K): boolean {
    const box = this.#boxes.get(key);
    if (box === undefined) return false;
    box.value = undefined;
    return this.#boxes.delete(key);
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  forEach(visit: (value: V, key: K, map: Map<K, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  keys(): MapIterator<K> {
    return this.#boxes.keys();
  }

  *values(): MapIterator<V> {
    for (const [, value] of this) yield value;
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, { value }] of this.#boxes) yield [key, value!];
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
