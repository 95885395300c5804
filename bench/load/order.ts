import { areRight, type Figures } from './reserve.js';
import type { Answer, CallHead, Verdict } from './sender.js';

/** One ReserveOrder, of one unit of each record. */
export interface OrderCall extends CallHead {
  /** No two the same. */
  readonly ids: readonly string[];
}

/** What a granted order is told. */
export interface OrderGranted {
  readonly reference: string;
  readonly lines: readonly { readonly id: string; readonly requested: number; readonly reserved: number }[];
  readonly stock: readonly Figures[];
}

/** No order names a record that is sold out, so each must be granted, with every line as requested. */
export function judgeOrder({ reference, ids }: OrderCall, answer: Answer<OrderGranted>): Verdict {
  if (answer.ok) {
    const { lines, stock, reference: told } = answer.granted;
    const right =
      told === reference &&
      lines.length === ids.length &&
      lines.every(({ id, requested, reserved }, i) => id === ids[i] && requested === 1 && reserved === 1) &&
      stock.length === ids.length &&
      stock.every((figures, i) => areRight(ids[i]!, figures));
    if (right) return 'granted';
  }
  throw new Error(`${reference} on ${ids.join(', ')} was answered: ${JSON.stringify(answer)}`);
}
