import type { Entries, LoadPlan, Told } from './plan.js';
import type { Answer, CallHead, Verdict } from './sender.js';

/** One call on an order that holds units. */
export interface StandingCall extends CallHead {
  readonly order: HeldOrder;
}

export interface HeldOrder {
  reference: string;
  /** In the order of their names. */
  readonly ids: readonly string[];
  qtys: readonly number[];
}

/** Orders that hold units, each called by one caller at a time, and what their callers were told about them. */
export class StandingOrders {
  readonly #all: readonly HeldOrder[];
  /** Not in any call. */
  readonly #idle: HeldOrder[];
  readonly #entries: { -readonly [action in keyof Entries]: number };

  constructor({ standing }: LoadPlan) {
    this.#all = standing.map(({ reference, ids }) => ({
      reference,
      ids: [...ids].sort(),
      qtys: ids.map(() => 1),
    }));
    this.#idle = [...this.#all];
    this.#entries = { RESERVED: standing.flatMap(({ ids }) => ids).length, RELEASED: 0, MOVED: 0 };
  }

  /** Takes one at random. */
  take(): HeldOrder {
    const place = Math.floor(Math.random() * this.#idle.length);
    const taken = this.#idle[place];
    const last = this.#idle.pop();
    if (taken === undefined || last === undefined) throw new Error('more callers than orders');
    if (taken !== last) this.#idle[place] = last;
    return taken;
  }

  putBack(order: HeldOrder, written: Partial<Entries> = {}): void {
    this.#idle.push(order);
    const { RESERVED = 0, RELEASED = 0, MOVED = 0 } = written;
    this.#entries.RESERVED += RESERVED;
    this.#entries.RELEASED += RELEASED;
    this.#entries.MOVED += MOVED;
  }

  told(): Told {
    const qtys = this.#all.flatMap((order) => order.qtys);
    return {
      units: qtys.reduce((sum, qty) => sum + qty, 0),
      holds: qtys.length,
      references: this.#all.length,
      entries: this.#entries,
    };
  }
}

/** None of these calls may be refused: the orders hold what is asked of them. */
export function granted<G>(
  { reference, order }: StandingCall,
  answer: Answer<G>,
  isRight: (granted: G) => boolean,
): Verdict {
  if (answer.ok && isRight(answer.granted)) return 'granted';
  throw new Error(`${reference} on ${order.ids.join(', ')} was answered: ${JSON.stringify(answer)}`);
}
