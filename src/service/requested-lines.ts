import type { OrderLine, SourcedLine } from '../domain/command.js';
import type { FieldViolation } from '../domain/failure.js';

/** A line of an order as callers name it: exactly one of `id`, `skuId` and `productId` is given. */
export interface RequestedLine {
  readonly id?: string | undefined;
  readonly qty: number;
  readonly skuId?: string | undefined;
  readonly productId?: string | undefined;
  readonly warehouseIds?: readonly string[];
  readonly split?: boolean;
}

/** The lines as commands take them. */
export interface CommandLines {
  readonly lines: readonly OrderLine[];
  readonly sourced?: readonly SourcedLine[];
}

/** Separates the lines that name their record from those that leave it to the command to choose. */
export function commandLines(requested: readonly RequestedLine[]): CommandLines {
  const lines: OrderLine[] = [];
  const sourced: SourcedLine[] = [];
  for (const [
    index,
    { id, qty, skuId, productId, warehouseIds = [], split = false },
  ] of requested.entries()) {
    if (skuId !== undefined)
      sourced.push({ index, qty, of: { skuId }, warehouseIds: once(warehouseIds), split });
    else if (productId !== undefined) {
      sourced.push({ index, qty, of: { productId }, warehouseIds: once(warehouseIds), split });
    } else lines.push({ id: id!, qty });
  }
  return sourced.length === 0 ? { lines } : { lines, sourced };
}

function once(ids: readonly string[]): readonly string[] {
  return ids.length < 2 ? [...ids] : [...new Set(ids)];
}

/** What the rules of single fields do not say: a line that names a record leaves nothing to choose. */
export function lineViolations(requested: readonly RequestedLine[]): FieldViolation[] {
  const description = 'needs skuId or productId';
  return requested.flatMap(({ id, warehouseIds = [], split = false }, index) => {
    if (id === undefined) return [];
    const fields = [...(warehouseIds.length > 0 ? ['warehouseIds'] : []), ...(split ? ['split'] : [])];
    return fields.map((field) => ({ field: `lines[${index}].${field}`, description }));
  });
}

/**
 * A line as part of a fingerprint. Copies all fields one by one: a protocol message has others, too. Lines by record look
 * as they did before there were others.
 */
export function toldLine({
  id,
  qty,
  skuId,
  productId,
  warehouseIds = [],
  split = false,
}: RequestedLine): object {
  if (id !== undefined) return { id, qty };
  return { skuId, productId, qty, warehouseIds: [...warehouseIds], split };
}
