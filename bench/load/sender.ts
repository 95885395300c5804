import { ON_HAND_QTY, SOLD_OUT_ID } from './plan.js';

/** One Reserve of one unit. */
export interface Call {
  readonly id: string;
  readonly reference: string;
  readonly idempotencyKey: string | undefined;
}

/** What came back, as far as the door can tell. */
export type Answer =
  | {
      readonly ok: true;
      readonly id: string;
      readonly onHandQty: number;
      readonly reservedQty: number;
      readonly availableQty: number;
    }
  | { readonly ok: false; readonly insufficient: boolean; readonly text: string };

/** A client of one door. */
export interface Sender {
  /** Calls back once, never before it returns. */
  send(call: Call, done: (answer: Answer) => void): void;
  close(): void;
}

/** Whether the call was granted or rightly rejected. Throws at any other answer: it makes every figure worthless. */
export function judge(call: Call, answer: Answer): 'granted' | 'rejected' {
  const soldOut = call.id === SOLD_OUT_ID;
  if (!answer.ok) {
    if (soldOut && answer.insufficient) return 'rejected';
    throw new Error(`${call.reference} on ${call.id} was answered: ${answer.text}`);
  }
  const { id, onHandQty, reservedQty, availableQty } = answer;
  const right =
    !soldOut &&
    id === call.id &&
    onHandQty === ON_HAND_QTY &&
    reservedQty >= 1 &&
    availableQty === onHandQty - reservedQty;
  if (right) return 'granted';
  throw new Error(`${call.reference} on ${call.id} was answered: ${JSON.stringify(answer)}`);
}
