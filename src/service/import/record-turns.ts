import type { RecordIdentity } from '../../domain/inventory-record.js';

/**
 * Lets the first of several lines of one record go ahead of the others, so that it is the one that creates and
 * describes it, though many lines are on their way at once. Once it is through, the others need not wait for each
 * other: they only add. Remembers the records of lines on their way, and no others.
 */
export class RecordTurns {
  /** By identity: the first line on its way. */
  readonly #first = new Map<string, Promise<void>>();

  take({ productId, skuId, warehouseId }: RecordIdentity, work: () => Promise<void>): Promise<void> {
    const name = [productId, skuId, warehouseId].join('\0');
    const first = this.#first.get(name);
    if (first !== undefined) return first.then(work, work);
    const own = work().finally(() => this.#first.delete(name));
    this.#first.set(name, own);
    return own;
  }
}
