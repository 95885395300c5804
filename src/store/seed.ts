import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { UNREFERENCED } from '../domain/hold.js';
import type { RecordDetails } from '../domain/inventory-record.js';
import { SYSTEM_ACTOR } from '../domain/movement.js';
import { inTransaction, type Transaction } from './connection/transaction.js';
import { insertHolds } from './tables/holds.js';
import { insertInventoryRecords } from './tables/inventory-records.js';
import { appendMovements } from './tables/movement-log.js';
import { insertStockLevels } from './tables/new-stock-levels.js';

export interface SeedRecord {
  readonly id: string;
  readonly onHandQty: number;
  /** Held without a reference. */
  readonly reservedQty: number;
  /** By default, a product named like the record, in the warehouse `main`. */
  readonly details?: Partial<RecordDetails>;
}

const plainDetails: Omit<RecordDetails, 'productId'> = {
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
};

/** Adds records with stock and the log entries that account for it, for the demo, the tests and the benchmarks. */
export async function seedRecords(
  dataSource: DataSource,
  merchantId: string,
  records: readonly SeedRecord[],
): Promise<void> {
  const received = { action: 'RECEIVED', revision: 1, reservedDelta: 0 } as const;
  const reserved = { action: 'RESERVED', revision: 2, onHandDelta: 0 } as const;
  const common = { reference: UNREFERENCED, notes: 'initial stock', actor: SYSTEM_ACTOR };
  const held = records.filter((r) => r.reservedQty > 0);
  const seed = async (tx: Transaction): Promise<void> => {
    const stocks = records.map((r) => ({
      merchantId,
      stock: {
        id: r.id,
        onHandQty: r.onHandQty,
        reservedQty: r.reservedQty,
        revision: r.reservedQty > 0 ? 2 : 1,
        nextExpiryAtMs: null,
      },
    }));
    tx.writeTogether(insertStockLevels(stocks));
    insertInventoryRecords(
      tx,
      records.map(({ id, details }) => ({
        merchantId,
        id,
        details: { productId: id, ...plainDetails, ...details },
      })),
    );
    const log = appendMovements(randomUUID(), [
      ...records.map(({ id, onHandQty }) => ({
        merchantId,
        movement: { inventoryId: id, onHandDelta: onHandQty, ...received, ...common },
        after: { onHandQty, reservedQty: 0 },
      })),
      ...held.map(({ id, onHandQty, reservedQty }) => ({
        merchantId,
        movement: { inventoryId: id, reservedDelta: reservedQty, ...reserved, ...common },
        after: { onHandQty, reservedQty },
      })),
    ]);
    const holds = insertHolds(
      held.map(({ id, reservedQty }) => ({
        merchantId,
        inventoryId: id,
        hold: { reference: UNREFERENCED, qty: reservedQty, openedRevision: 2, expiresAtMs: null },
      })),
    );
    tx.writeTogether(log, holds);
  };
  await inTransaction(dataSource, seed, merchantId);
}
