import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { HeldFigures, StockFigures, StockSuccess } from '../../domain/outcome.js';
import { availableQty } from '../../domain/stock.js';

/** The figures of inventory.v1.StockLevel. */
export function stockLevel(stock: StockFigures) {
  const { id, onHandQty, reservedQty } = stock;
  return { id, onHandQty, reservedQty, availableQty: availableQty(stock) };
}

/** Adds the expiry of the hold, if there is one. */
export function heldStockLevel(stock: HeldFigures) {
  const { expiresAtMs } = stock;
  return expiresAtMs === undefined
    ? stockLevel(stock)
    : { expiresAt: timestampFromMs(expiresAtMs), ...stockLevel(stock) };
}

/** Adds what only some answers contain: the hold's expiry, and the outcome of a partial reserve. */
export function stockLevelOf({ stock, expiresAtMs, line }: StockSuccess) {
  const level = stockLevel(stock);
  if (expiresAtMs === undefined && line === undefined) return level;
  return {
    ...level,
    ...(expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) }),
    ...(line === undefined ? {} : { line }),
  };
}
