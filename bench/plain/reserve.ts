import { Code, ConnectError } from '@connectrpc/connect';
import type { DataSource } from 'typeorm';
import { InventoryLog, InventoryRecord } from './entities.js';

/** One transaction a request: lock, check, save, log. */
export function reserve(
  dataSource: DataSource,
  request: { id: string; qty: number; reference: string; notes: string },
): Promise<InventoryRecord> {
  const { id, qty, reference, notes } = request;
  return dataSource.transaction(async (manager) => {
    const record = await manager.findOne(InventoryRecord, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (record === null) throw new ConnectError('Inventory record not found.', Code.NotFound);
    const available = record.onHandQty - record.reservedQty;
    if (qty > available) {
      throw new ConnectError(
        `Cannot reserve ${qty} units. Only ${available} units are currently available.`,
        Code.FailedPrecondition,
      );
    }
    record.reservedQty += qty;
    await manager.save(record);
    await manager.insert(InventoryLog, {
      inventoryId: id,
      action: 'RESERVED',
      qty,
      reference: reference || null,
      notes: notes || null,
    });
    return record;
  });
}
