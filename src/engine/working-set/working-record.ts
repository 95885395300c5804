import type {
  RecordChange,
  RecordDescriptionView,
  RecordView,
  TermChange,
} from '../../domain/decisions/decision.js';
import { type Hold, UNREFERENCED } from '../../domain/hold.js';
import { assertSound, type Stock } from '../../domain/stock.js';
import type { ChangedHolds } from './changed-rows.js';

/** One locked record in memory: what is stored, and what the decisions so far have made of it. */
export class WorkingRecord implements RecordView {
  readonly merchantId: string;
  stock: Stock;
  description: RecordDescriptionView | undefined;
  /** A command of this batch has created it; it is not in the table yet. */
  created = false;
  /** Its quantities changed. */
  changed = false;
  /** Its description changed. */
  redescribed = false;
  /** What the table has; null for a record that this batch creates. */
  readonly #storedExpiryAtMs: number | null;
  /** The sum as of the fetch, plus what commands of this batch have reserved under references since. */
  oldestHoldsQty = Number.POSITIVE_INFINITY;
  /** Live holds, in order of age: new ones open at the end. */
  readonly #holds = new Map<string, Hold>();
  readonly #touched = new Set<string>();
  /** References that have a row in the table. */
  readonly #stored = new Set<string>();

  constructor(merchantId: string, stock: Stock) {
    this.merchantId = merchantId;
    this.stock = stock;
    this.#storedExpiryAtMs = stock.nextExpiryAtMs;
  }

  get nextExpiryChanged(): boolean {
    return this.stock.nextExpiryAtMs !== this.#storedExpiryAtMs;
  }

  loadHold(hold: Hold): void {
    this.#holds.set(hold.reference, hold);
    this.#stored.add(hold.reference);
  }

  hold(reference: string): Hold | undefined {
    return this.#holds.get(reference);
  }

  holds(): Iterable<Hold> {
    return this.#holds.values();
  }

  change({ stock, holds, movement }: RecordChange): void {
    assertSound(stock);
    this.stock = stock;
    this.changed = true;
    if (movement.reservedDelta > 0 && movement.reference !== UNREFERENCED) {
      this.oldestHoldsQty += movement.reservedDelta;
    }
    for (const hold of holds) {
      this.#touched.add(hold.reference);
      if (hold.qty === 0) this.#holds.delete(hold.reference);
      else this.#holds.set(hold.reference, hold);
    }
  }

  /** A hold ends at another instant than before. */
  changeTerm({ stock, hold }: TermChange): void {
    this.stock = stock;
    this.#touched.add(hold.reference);
    this.#holds.set(hold.reference, hold);
  }

  /** Raises the bound on its next expiry, which was lower than the expiry of any hold. */
  postponeExpiry(nextExpiryAtMs: number | null): void {
    this.stock = { ...this.stock, nextExpiryAtMs };
  }

  collectHolds(into: ChangedHolds): void {
    const { merchantId } = this;
    const inventoryId = this.stock.id;
    for (const reference of this.#touched) {
      const hold = this.#holds.get(reference);
      const stored = this.#stored.has(reference);
      if (hold !== undefined) (stored ? into.changed : into.opened).push({ merchantId, inventoryId, hold });
      else if (stored) into.ended.push({ merchantId, inventoryId, reference });
    }
  }
}
