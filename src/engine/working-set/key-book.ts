import { mapName } from '../../domain/map-name.js';
import type { IdempotencyRow, RememberedKey } from '../../store/tables/idempotency-keys.js';

/** The idempotency keys of a batch: what was stored before, and what its own commands add. */
export class KeyBook {
  readonly #rows = new Map<string, IdempotencyRow>();
  readonly outlived: RememberedKey[] = [];
  readonly fresh: IdempotencyRow[] = [];

  constructor(stored: readonly RememberedKey[]) {
    for (const row of stored) {
      if (row.outlived) this.outlived.push(row);
      else this.#rows.set(mapName(row.merchantId, row.key), row);
    }
  }

  find(merchantId: string, key: string): IdempotencyRow | undefined {
    return this.#rows.get(mapName(merchantId, key));
  }

  remember(row: IdempotencyRow): void {
    this.#rows.set(mapName(row.merchantId, row.key), row);
    this.fresh.push(row);
  }
}
