import type { RecordDetails } from '../../../domain/inventory-record.js';
import { QTY_MAX } from '../../../domain/stock.js';
import { recordIdProblem } from '../../record-id.js';
import { readAttributes } from './attributes.js';
import type { Column } from './columns.js';
import { shown, textProblem } from './text.js';

/** Units of one product to receive in one warehouse. */
export interface Receipt {
  /** The id that the record must have; undefined: any. */
  readonly id: string | undefined;
  readonly details: RecordDetails;
  readonly qty: number;
  readonly reference: string;
  readonly notes: string;
}

export interface Problem {
  readonly column: Column;
  /** Follows the column's name, for example `is missing`. */
  readonly problem: string;
}

/** In characters. A test compares these with the bounds of CreateInventoryRequest and AdjustRequest in the API. */
const textMax = {
  productId: 128,
  skuId: 128,
  warehouseId: 128,
  warehouseName: 256,
  location: 256,
  reference: 128,
  notes: 1024,
} satisfies Partial<Record<Column, number>>;

/** Checks the values of a line. `fields`: the given ones; numbers may be strings, attributes JSON. */
export function readReceipt(fields: Readonly<Record<string, unknown>>): Receipt | Problem[] {
  const problems: Problem[] = [];
  const note = (column: Column, problem: string): void => {
    problems.push({ column, problem });
  };
  const text = (column: keyof typeof textMax): string => {
    const value = fields[column];
    if (value === undefined) return '';
    const problem = textProblem(value, textMax[column]);
    if (problem !== undefined) note(column, problem);
    return value as string;
  };
  const requiredText = (column: keyof typeof textMax): string => {
    if (fields[column] === undefined) note(column, 'is missing');
    return text(column);
  };
  const number = (column: Column): number => {
    const value = fields[column];
    if (value === undefined) return 0;
    const units = wholeNumber(value);
    if (units === undefined) {
      note(column, `must be a whole number from 0 to ${QTY_MAX}, not ${shown(value)}`);
    }
    return units ?? 0;
  };
  const id = (): string | undefined => {
    const value = fields.id;
    if (value === undefined) return undefined;
    const problem =
      typeof value === 'string' ? recordIdProblem(value) : `must be a text, not ${shown(value)}`;
    if (problem !== undefined) note('id', problem);
    return value as string;
  };
  const attributes = (): RecordDetails['variantAttributes'] => {
    const value = fields.variantAttributes;
    if (value === undefined) return {};
    const read = readAttributes(value);
    if (typeof read !== 'string') return read;
    note('variantAttributes', read);
    return {};
  };

  const recordId = id();
  const details = {
    productId: requiredText('productId'),
    skuId: text('skuId'),
    warehouseId: requiredText('warehouseId'),
    warehouseName: text('warehouseName'),
    location: text('location'),
    reorderLevel: number('reorderLevel'),
    reorderQty: number('reorderQty'),
    variantAttributes: attributes(),
  };
  if (fields.qty === undefined) note('qty', 'is missing');
  const qty = number('qty');
  const reference = text('reference');
  const notes = text('notes');
  return problems.length > 0 ? problems : { id: recordId, details, qty, reference, notes };
}

/** Accepts whole numbers written as decimals, such as `10.0`. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}(?:\.0+)?$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && 0 <= (number as number) && (number as number) <= QTY_MAX
    ? (number as number)
    : undefined;
}
