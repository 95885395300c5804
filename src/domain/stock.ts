/** The largest quantity anywhere: an int32, as published. */
export const QTY_MAX = 2147483647;

/**
 * One record's quantities, in units. Always: 0 <= reservedQty <= onHandQty <= QTY_MAX.
 *
 * `revision` counts the record's changes: each change of quantity adds one and writes the log entry of that revision,
 * so the log of a record has no gaps or repeats.
 */
export interface Stock {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly revision: number;
  /** No hold of the record ends before this instant, milliseconds since the epoch; null when none expires. */
  readonly nextExpiryAtMs: number | null;
}

/** What can still be reserved. Derived, never stored. */
export function availableQty(stock: Pick<Stock, 'onHandQty' | 'reservedQty'>): number {
  return stock.onHandQty - stock.reservedQty;
}

export function assertSound(stock: Stock): void {
  const { onHandQty, reservedQty } = stock;
  if (!(0 <= reservedQty && reservedQty <= onHandQty && onHandQty <= QTY_MAX)) {
    throw new Error(`record ${stock.id} is unsound: ${reservedQty} reserved of ${onHandQty} on hand`);
  }
}

/** Picks the quantities that callers see. */
export function figures({
  id,
  onHandQty,
  reservedQty,
}: Stock): Pick<Stock, 'id' | 'onHandQty' | 'reservedQty'> {
  return { id, onHandQty, reservedQty };
}
