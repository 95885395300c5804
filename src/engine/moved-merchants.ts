import type { DataSource } from 'typeorm';
import type { Transaction } from '../store/connection/transaction.js';
import type { TransactionKind } from '../store/connection/watched-pool.js';
import { inPlace, PlaceKept } from '../store/tables/kept-place.js';

/** After this time, a command may find out again, in case that nobody looks. */
const KNOWN_MS = 5000;

/**
 * Merchants whose rows were being moved to another node when somebody last wanted them. To find that out takes a while and
 * a connection. So their commands do not want the rows again before a look has found them in their place, or for a while.
 */
export class MovedMerchants {
  readonly #moved = new Map<string, { readonly error: PlaceKept; readonly atMs: number }>();

  /** Like `inPlace`, but throws PlaceKept immediately where the rows are known to be moved. */
  async run<T>(
    dataSource: DataSource,
    work: (tx: Transaction) => Promise<T>,
    merchantId: string | undefined,
    kind: TransactionKind,
  ): Promise<T> {
    if (merchantId === undefined) return inPlace(dataSource, work, merchantId, kind);
    const known = this.#moved.get(merchantId);
    if (known !== undefined) {
      if (performance.now() - known.atMs < KNOWN_MS) throw known.error;
      this.#moved.delete(merchantId);
    }
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
    if (error instanceof PlaceKept) this.#moved.set(merchantId, { error, atMs: performance.now() });
    throw error;
  }
}
