import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { StockFigures, StockSuccess } from '../../domain/outcome.js';
import { availableQty } from '../../domain/stock.js';

/** Figures as inventory.v1.StockLevel is made from them. */
export function stockLevel(stock: StockFigures) {
  const { id, onHandQty, reservedQty } = stock;
  return { id, onHandQty, reservedQty, availableQty: availableQty(stock) };
}

/** With what only some answers say: the hold's expiry, and what became of a partial reserve. */
export function stockLevelOf({ stock, expiresAtMs, line }: StockSuccess) {
  const level = stockLevel(stock);
  if (expiresAtMs === undefined && line === undefined) return level;
  return {
    ...level,
    ...(expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) }),
    ...(line === undefined ? {} : { line }),
  };
}
