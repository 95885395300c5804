import type { Rejection } from './failure.js';
import type { Stock } from './stock.js';

/** The figures that a caller is told. */
export type StockFigures = Pick<Stock, 'id' | 'onHandQty' | 'reservedQty'>;

/** What the rules made of a command. JSON-safe: it is stored as it is under an idempotency key. */
export type Outcome =
  | { readonly ok: true; readonly stock: StockFigures }
  | { readonly ok: false; readonly rejection: Rejection };
