import { ON_HAND_QTY } from './plan.js';
import type { Answer, CallHead, Verdict } from './sender.js';

/** One GetInventory. */
export interface ReadCall extends CallHead {
  readonly id: string;
}

export interface ReadStock {
  readonly id: string;
  readonly onHandQty: number;
}

export function judgeRead({ id }: ReadCall, answer: Answer<ReadStock>): Verdict {
  if (answer.ok && answer.granted.id === id && answer.granted.onHandQty === ON_HAND_QTY) return 'granted';
  throw new Error(`a read of ${id} was answered: ${JSON.stringify(answer)}`);
}
