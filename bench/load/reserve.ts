import { ON_HAND_QTY, SOLD_OUT_ID } from './plan.js';
import type { Answer, CallHead, Verdict } from './sender.js';

/** One Reserve of one unit. */
export interface ReserveCall extends CallHead {
  readonly id: string;
}

/** A record's figures, as a granted call is told them. */
export interface Figures {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly availableQty: number;
}

export function judgeReserve(call: ReserveCall, answer: Answer<Figures>): Verdict {
  const soldOut = call.id === SOLD_OUT_ID;
  if (!answer.ok) {
    if (soldOut && answer.insufficient) return 'rejected';
    throw new Error(`${call.reference} on ${call.id} was answered: ${answer.text}`);
  }
  if (!soldOut && areRight(call.id, answer.granted)) return 'granted';
  throw new Error(`${call.reference} on ${call.id} was answered: ${JSON.stringify(answer)}`);
}

/** Whether these can be the figures of a record of which a unit was just reserved. */
export function areRight(of: string, { id, onHandQty, reservedQty, availableQty }: Figures): boolean {
  return (
    id === of && onHandQty === ON_HAND_QTY && reservedQty >= 1 && availableQty === onHandQty - reservedQty
  );
}
