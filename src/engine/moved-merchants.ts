import type { DataSource } from 'typeorm';
import type { Transaction } from '../store/connection/transaction.js';
import type { TransactionKind } from '../store/connection/watched-pool.js';
import { inPlace, PlaceKept } from '../store/tables/kept-place.js';

/**
 * Merchants whose rows were being moved to another node when somebody last wanted them. To find that out takes a while and
 * a connection. So their commands do not want the rows again before a look has found them in their place.
 */
export class MovedMerchants {
  readonly #moved = new Map<string, PlaceKept>();

  /** Like `inPlace`, but throws PlaceKept immediately where the rows are known to be moved. */
  async run<T>(
    dataSource: DataSource,
    work: (tx: Transaction) => Promise<T>,
    merchantId: string | undefined,
    kind: TransactionKind,
  ): Promise<T> {
    if (merchantId === undefined) return inPlace(dataSource, work, merchantId, kind);
    const known = this.#moved.get(merchantId);
    if (known !== undefined) throw known;
    return inPlace(dataSource, work, merchantId, kind).catch((error) => this.#note(merchantId, error));
  }

  /** Like `inPlace`, whatever is known. */
  async look<T>(
    dataSource: DataSource,
    work: (tx: Transaction) => Promise<T>,
    merchantId: string,
  ): Promise<T> {
    const found = await inPlace(dataSource, work, merchantId, 'look').catch((error) =>
      this.#note(merchantId, error),
    );
    this.#moved.delete(merchantId);
    return found;
  }

  #note(merchantId: string, error: unknown): never {
    if (error instanceof PlaceKept) this.#moved.set(merchantId, error);
    throw error;
  }
}
