import type { Decision, RecordView } from '../domain/decide.js';
import type { Hold } from '../domain/hold.js';
import { assertSound, type Stock } from '../domain/stock.js';
import type { HoldKey, HoldRow } from '../store/holds.js';
import type { MovementRow } from '../store/movement-log.js';
import type { StockRow } from '../store/stock-levels.js';

/**
 * The locked records of one batch, in memory: decisions read the state that the decisions before them left, and
 * what changed is written once at the end.
 */
export class WorkingSet {
  /** merchant → id → record. */
  readonly #records = new Map<string, Map<string, WorkingRecord>>();
  readonly movements: MovementRow[] = [];

  constructor(stocks: readonly StockRow[], holdsByAge: readonly HoldRow[]) {
    for (const { merchantId, stock } of stocks) {
      let records = this.#records.get(merchantId);
      if (records === undefined) {
        records = new Map();
        this.#records.set(merchantId, records);
      }
      records.set(stock.id, new WorkingRecord(merchantId, stock));
    }
    for (const row of holdsByAge) this.record(row.merchantId, row.inventoryId)?.loadHold(row.hold);
  }

  record(merchantId: string, id: string): WorkingRecord | undefined {
    return this.#records.get(merchantId)?.get(id);
  }

  apply(record: WorkingRecord, decision: Decision & { accepted: true }): void {
    record.change(decision.stock, decision.holds);
    this.movements.push({ merchantId: record.merchantId, movement: decision.movement });
  }

  changedStocks(): StockRow[] {
    const rows: StockRow[] = [];
    for (const record of this.#all()) {
      if (record.changed) rows.push({ merchantId: record.merchantId, stock: record.stock });
    }
    return rows;
  }

  changedHolds(): ChangedHolds {
    const changed: ChangedHolds = { opened: [], changed: [], ended: [] };
    for (const record of this.#all()) record.collectHolds(changed);
    return changed;
  }

  *#all(): Iterable<WorkingRecord> {
    for (const records of this.#records.values()) yield* records.values();
  }
}

/** What became of the holds that the batch touched, as against the table. */
export interface ChangedHolds {
  readonly opened: HoldRow[];
  readonly changed: HoldRow[];
  readonly ended: HoldKey[];
}

export class WorkingRecord implements RecordView {
  readonly merchantId: string;
  stock: Stock;
  changed = false;
  /** Live holds, in order of age: new ones open at the end. */
  readonly #holds = new Map<string, Hold>();
  readonly #touched = new Set<string>();
  /** References that have a row in the table. */
  readonly #stored = new Set<string>();

  constructor(merchantId: string, stock: Stock) {
    this.merchantId = merchantId;
    this.stock = stock;
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

  change(stock: Stock, holds: readonly Hold[]): void {
    assertSound(stock);
    this.stock = stock;
    this.changed = true;
    for (const hold of holds) {
      this.#touched.add(hold.reference);
      if (hold.qty === 0) this.#holds.delete(hold.reference);
      else this.#holds.set(hold.reference, hold);
    }
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
