import type { Source } from '../../domain/command.js';
import type { SourceView } from '../../domain/decisions/decision.js';
import type { RecordIdentity } from '../../domain/inventory-record.js';
import type { SourceRow } from '../../store/tables/record-sources.js';
import { sourceName } from '../fetch/sources.js';

interface Shelf {
  readonly source: Source;
  known: boolean;
  readonly candidates: { readonly id: string; readonly warehouseId: string }[];
}

/** The records of a merchant that lines of a batch may be taken from: those that were found, and those created since. */
export class SourceBook {
  readonly #shelves = new Map<string, Shelf>();
  /** Created by commands of this batch. */
  readonly #created: (RecordIdentity & { readonly id: string })[] = [];
  readonly #merchantId: string;

  constructor(merchantId: string) {
    this.#merchantId = merchantId;
  }

  load(row: SourceRow): void {
    const shelf = { source: row, known: true, candidates: [...row.candidates] };
    this.#shelves.set(sourceName(this.#merchantId, row), shelf);
  }

  find(source: Source): SourceView {
    const name = sourceName(this.#merchantId, source);
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) {
      // It had no record when the batch began.
      shelf = { source, known: false, candidates: [] };
      for (const record of this.#created) addTo(shelf, record);
      this.#shelves.set(name, shelf);
    }
    return shelf;
  }

  add(id: string, { productId, skuId, warehouseId }: RecordIdentity): void {
    const record = { id, productId, skuId, warehouseId };
    this.#created.push(record);
    for (const shelf of this.#shelves.values()) addTo(shelf, record);
  }
}

function addTo(shelf: Shelf, { id, productId, skuId, warehouseId }: RecordIdentity & { id: string }): void {
  const { of, warehouseIds } = shelf.source;
  if ('skuId' in of ? of.skuId !== skuId : skuId !== '' || of.productId !== productId) return;
  shelf.known = true;
  if (warehouseIds.length === 0 || warehouseIds.includes(warehouseId)) {
    shelf.candidates.push({ id, warehouseId });
  }
}
