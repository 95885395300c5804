import { availableQty } from '../stock.js';
import type { RecordView } from './decision.js';

/** Units of one record that no line has claimed yet. */
export interface Unclaimed {
  /** Held under the command's reference already. */
  held: number;
  /** Available. */
  free: number;
}

/** What the lines of one command have left of each record, in the order in which they are served. */
export class Claims {
  readonly #unclaimed = new Map<RecordView, Unclaimed>();
  readonly #keptFor: string | undefined;

  /** `keptFor`: units that this reference holds count as its own; undefined: units are always added. */
  constructor(keptFor: string | undefined) {
    this.#keptFor = keptFor;
  }

  of(record: RecordView): Unclaimed {
    let unclaimed = this.#unclaimed.get(record);
    if (unclaimed === undefined) {
      const held = this.#keptFor === undefined ? 0 : (record.hold(this.#keptFor)?.qty ?? 0);
      unclaimed = { held, free: availableQty(record.stock) };
      this.#unclaimed.set(record, unclaimed);
    }
    return unclaimed;
  }

  /** Claims units that are held, and then available ones: at most `qty`. Returns how many there were. */
  take(record: RecordView, qty: number): number {
    const kept = this.keep(record, qty);
    const unclaimed = this.of(record);
    const added = Math.min(qty - kept, unclaimed.free);
    unclaimed.free -= added;
    return kept + added;
  }

  /** Claims held units only. */
  keep(record: RecordView, qty: number): number {
    const unclaimed = this.of(record);
    const kept = Math.min(qty, unclaimed.held);
    unclaimed.held -= kept;
    return kept;
  }
}
