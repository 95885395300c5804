import type { RecordIdentity } from '../../domain/inventory-record.js';

/**
 * Lets the first of several lines of one record go ahead of the others, so that it creates and describes the record
 * although many lines are in flight. Once it is done, the others need not wait for each other: they only add units.
 * Remembers only the records of lines in flight.
 */
export class RecordTurns {
  /** Identity → its first line in flight. */
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
