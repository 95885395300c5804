import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Settings } from '../../domain/outcome.js';
import { listLowStock } from '../../store/reads/low-stock.js';
import { findSettings } from '../../store/reads/merchant-settings.js';
import type { ReadPool } from '../../store/reads/read-pool.js';
import { findRecord, listRecordsOfProduct, listRecordsOfSku } from '../../store/reads/records.js';
import type { CallContext } from '../call.js';
import { type BatchGetRequest, batchGetInventory, type FoundRecords } from './batch-get-inventory.js';
import { getOrder, type Order } from './get-order.js';
import { type HoldsPage, type HoldsRequest, listHolds } from './list-holds.js';
import { type ListInventoryRequest, listInventory } from './list-inventory.js';
import { type ListLogsRequest, type LogsPage, listLogs } from './list-logs.js';
import { listOrders, type OrdersPage, type OrdersRequest } from './list-orders.js';
import type { Page } from './page-request.js';
import { outcomeOf, type ReadResult } from './read-result.js';

/** Records of one product or SKU in one answer. */
const RECORDS_MAX = 1000;

/**
 * The use cases that change nothing. They go straight to the database, bypass the engine and lock nothing. Each answer
 * is one statement, so one snapshot. The dispatcher checks permissions before.
 */
export class Reads {
  readonly #pool: Pick<ReadPool, 'reader'>;

  constructor(pool: Pick<ReadPool, 'reader'>) {
    this.#pool = pool;
  }

  async getInventory(call: CallContext, id: string): Promise<ReadResult<InventoryRecord>> {
    return found(await outcomeOf(() => findRecord(...this.#of(call), id)));
  }

  batchGetInventory(call: CallContext, request: BatchGetRequest): Promise<ReadResult<FoundRecords>> {
    return outcomeOf(() => batchGetInventory(...this.#of(call), request));
  }

  /** In order of SKU and warehouse. */
  listInventoryByProduct(call: CallContext, productId: string): Promise<ReadResult<InventoryRecord[]>> {
    return outcomeOf(() => listRecordsOfProduct(...this.#of(call), productId, RECORDS_MAX));
  }

  /** In order of id. */
  listInventoryBySku(call: CallContext, skuId: string): Promise<ReadResult<InventoryRecord[]>> {
    return outcomeOf(() => listRecordsOfSku(...this.#of(call), skuId, RECORDS_MAX));
  }

  listInventory(
    call: CallContext,
    request: ListInventoryRequest,
  ): Promise<ReadResult<Page<InventoryRecord>>> {
    return outcomeOf(() => listInventory(...this.#of(call), request));
  }

  /** In order of id, starting after `afterId`. */
  listLowStock(
    call: CallContext,
    { limit = RECORDS_MAX, afterId }: { readonly limit?: number | undefined; readonly afterId: string },
  ): Promise<ReadResult<InventoryRecord[]>> {
    return outcomeOf(() => listLowStock(...this.#of(call), afterId, limit));
  }

  listLogs(call: CallContext, request: ListLogsRequest): Promise<ReadResult<LogsPage>> {
    return outcomeOf(() => listLogs(...this.#of(call), request));
  }

  getOrder(call: CallContext, reference: string): Promise<ReadResult<Order>> {
    return outcomeOf(() => getOrder(...this.#of(call), reference));
  }

  listOrders(call: CallContext, request: OrdersRequest): Promise<ReadResult<OrdersPage>> {
    return outcomeOf(() => listOrders(...this.#of(call), request));
  }

  async listHolds(call: CallContext, request: HoldsRequest): Promise<ReadResult<HoldsPage>> {
    return found(await outcomeOf(() => listHolds(...this.#of(call), request)));
  }

  getSettings(call: CallContext): Promise<ReadResult<Settings>> {
    return outcomeOf(() => findSettings(...this.#of(call)));
  }

  #of({ principal, deadlineAtMs }: CallContext) {
    const { merchantId } = principal;
    return [this.#pool.reader(merchantId, deadlineAtMs), merchantId] as const;
  }
}

function found<T>(result: ReadResult<T | undefined>): ReadResult<T> {
  if (!result.ok) return result;
  const { value } = result;
  return value === undefined
    ? { ok: false, failure: { reason: 'INVENTORY_NOT_FOUND' } }
    : { ok: true, value };
}
