/** Lanes divide what there is if it weighs more than this for each: a batch has a price, however small it is. */
const UNDIVIDED = 64;

/** Calls are few next to batches that weigh more than this many times as much. */
const FEW = 3;

/** The lanes, and what their batches weigh. A lane is the right to execute. */
export class Lanes {
  readonly #count: number;
  #taken = 0;
  #weight = 0;

  constructor(count: number) {
    this.#count = count;
  }

  get hasFree(): boolean {
    return this.#taken < this.#count;
  }

  /** Whether no batch has one. */
  get areEmpty(): boolean {
    return this.#taken === 0;
  }

  take({ weight }: { readonly weight: number }): void {
    this.#taken++;
    this.#weight += weight;
  }

  /** A batch that has one gives it up, once. */
  giveUp({ weight }: { readonly weight: number }): void {
    this.#taken--;
    this.#weight -= weight;
  }

  /**
   * What a batch takes, by weight: its lane's share of all calls, waiting, in lanes, or `answered`, if just now, since the
   * callers of those come back next. If one batch took all that wait, its callers would come back together, and again be
   * one batch: the process and the database would work in turns, and never at once.
   */
  shareOf(waiting: number, answered: number): number {
    return Math.max(UNDIVIDED, (waiting + answered + this.#weight) / this.#count);
  }

  /** Whether so little waits that a batch of it would rather slow down those that are in lanes. */
  outweigh(waiting: number): boolean {
    return this.#weight >= UNDIVIDED && this.#weight > waiting * FEW;
  }
}
