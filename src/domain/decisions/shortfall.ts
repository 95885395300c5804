import type { Hold } from '../hold.js';
import type { Stock } from '../stock.js';
import type { RecordChange, RecordView } from './decision.js';

/** Holds that one command may take missing units from: ending this many takes as long as about 500 commands. */
export const SHORTFALL_HOLDS_MAX = 1000;

/** A record as the changes of one command have left it so far. */
export class RecordSoFar<R extends RecordView> {
  stock: Stock;
  readonly #changed = new Map<string, Hold>();
  readonly #changes: RecordChange<R>[];

  /** Adds its changes to those of the whole command. */
  constructor(
    readonly record: R,
    changes: RecordChange<R>[],
  ) {
    this.stock = record.stock;
    this.#changes = changes;
  }

  apply(change: RecordChange<R>): void {
    this.stock = change.stock;
    this.#changes.push(change);
    for (const hold of change.holds) this.#changed.set(hold.reference, hold);
  }

  /** Those opened last first. */
  *newestHolds(): Iterable<Hold> {
    for (const stored of [...this.record.holds()].reverse()) {
      const hold = this.#changed.get(stored.reference) ?? stored;
      if (hold.qty > 0) yield hold;
    }
  }
}

/** Units that one hold loses. */
export interface Loss {
  readonly hold: Hold;
  readonly qty: number;
}

/** Who loses `qty` missing units: the holds opened last; undefined when these units are in more than `holdsMax`. */
export function lossesOf(record: RecordSoFar<RecordView>, qty: number, holdsMax: number): Loss[] | undefined {
  const losses: Loss[] = [];
  let left = qty;
  for (const hold of record.newestHolds()) {
    if (left === 0 || losses.length === holdsMax) break;
    const lost = Math.min(left, hold.qty);
    losses.push({ hold, qty: lost });
    left -= lost;
  }
  if (left === 0) return losses;
  if (losses.length === holdsMax) return undefined;
  // The sum of a record's holds equals its reserved units, and as many were read as this may need.
  throw new Error(`holds are short of the counter by ${left} units`);
}
