import type { DataSource } from 'typeorm';
import { listMerchantIds } from '../store/tables/merchants.js';

/** A whole round takes this many turns, within the bounds of `min` and `max`. */
const ROUND_TURNS = 10;

/**
 * Goes round all merchants, some in each turn, so that the work of a sweep is bounded however many there are. Up to
 * `min` merchants, each is in every turn; up to `max` × ROUND_TURNS, in one of ROUND_TURNS turns; above that, in fewer.
 */
export class MerchantRound {
  /** The last merchant that had its turn; '' at the start of a round. */
  #last = '';
  /** Merchants that have had their turn in this round. */
  #taken = 0;
  /** The number of merchants in the round before. In the first round, turns are as large as they may be. */
  #size = Number.POSITIVE_INFINITY;

  readonly #dataSource: DataSource;
  readonly #limits: { readonly min: number; readonly max: number };

  constructor(dataSource: DataSource, limits: { readonly min: number; readonly max: number }) {
    this.#dataSource = dataSource;
    this.#limits = limits;
  }

  /** Returns the ids of the merchants whose turn it is, in their order; none of them twice. */
  async next(): Promise<string[]> {
    const { min, max } = this.#limits;
    // There may be many more of them than there were in the round before.
    const share = Math.ceil(Math.max(this.#size, this.#taken) / ROUND_TURNS);
    const count = Math.min(max, Math.max(min, share));
    const ids = await listMerchantIds(this.#dataSource, this.#last, count);
    this.#taken += ids.length;
    if (ids.length === count) {
      this.#last = ids.at(-1)!;
      return ids;
    }
    this.#size = this.#taken;
    this.#taken = 0;
    this.#last = '';
    // The last turn ended exactly with the last merchant.
    return ids.length === 0 && this.#size > 0 ? this.next() : ids;
  }
}
