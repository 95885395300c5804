import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../../domain/failure.js';
import type { Reader, ReadPool } from '../../store/reads/read-pool.js';
import {
  type LoggedDeltas,
  type LoggedStock,
  readDeltasSince,
  readIdsOfProduct,
  readStockAt,
} from '../../store/reads/watched-stock.js';
import type { ReadResult } from '../reads/read-result.js';
import type { ChangeSignal } from './change-signal.js';
import { Position } from './position.js';
import { failureOfWatch, requestFaults, WATCHED_RECORDS_MAX, WatchFailed } from './watch-failed.js';

export interface WatchRequest {
  /** Empty when a product is watched. */
  readonly ids: readonly string[];
  /** '' when ids are given. */
  readonly productId: string;
  /** The id of the last event seen; '' for none. */
  readonly afterId: string;
}

/** A record's quantities after a movement, or as the watch found them. */
export interface StockEvent {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly eventId: string;
}

/** Entries per look at the log, and so the most that a watch keeps in memory for a slow caller. */
const LOOK_ENTRIES_MAX = 1000;
/** The shortest time between looks at the log, even if there are more entries. */
const LOOK_INTERVAL_MIN_MS = 20;
/** How long one read may wait for its turn. */
const READ_TIMEOUT_MS = 10_000;

export interface WatchSources {
  readonly pool: Pick<ReadPool, 'reader'>;
  readonly changes: ChangeSignal;
  /** A look without a wake-up call comes this often, in case a call was lost. */
  readonly lookIntervalMaxMs: number;
}

/**
 * Follows the movement log of some records for one caller.
 *
 * It pulls: the next look at the log comes when the caller has taken the events of the last one, so a slow caller costs
 * one look's memory and never slows writers. The change signal wakes it. It also looks from time to time without one,
 * so that a lost signal only costs time.
 */
export class Watch {
  /** Each watched record as it was last sent. */
  readonly #known = new Map<string, LoggedStock>();
  readonly #position: Position;

  readonly #sources: WatchSources;
  readonly #merchantId: string;
  readonly #request: WatchRequest;

  private constructor(sources: WatchSources, merchantId: string, request: WatchRequest, position: Position) {
    this.#sources = sources;
    this.#merchantId = merchantId;
    this.#request = request;
    this.#position = position;
  }

  /** Starts a watch: finds its records, so that faults of the request are reported before the first event. */
  static async begin(
    sources: WatchSources,
    merchantId: string,
    request: WatchRequest,
  ): Promise<ReadResult<Watch>> {
    try {
      const watch = new Watch(sources, merchantId, request, positionIn(request));
      await watch.#findRecords();
      return { ok: true, value: watch };
    } catch (error) {
      return { ok: false, failure: failureOfWatch(error) };
    }
  }

  /**
   * Yields the current stock of each record that the caller has not seen, then every movement. Ends when `signal` is
   * aborted, or with the failure that stops it.
   */
  async *events(signal: AbortSignal): AsyncGenerator<StockEvent, Failure | undefined, void> {
    try {
      yield* this.#follow(signal);
      return undefined;
    } catch (error) {
      return failureOfWatch(error);
    }
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<StockEvent, void, void> {
    const fresh = [...this.#known.values()].filter((stock) => this.#position.of(stock.id) === undefined);
    for (const stock of fresh) {
      if (signal.aborted) return;
      yield this.#event(stock);
    }
    const { changes, lookIntervalMaxMs } = this.#sources;
    while (!signal.aborted) {
      // Before the look, so that later commits wake us.
      const wakeUp = changes.next(this.#merchantId, lookIntervalMaxMs, signal);
      const lookedAt = performance.now();
      try {
        const { events, more } = await this.#look();
        for (const stock of events) {
          if (signal.aborted) return;
          yield this.#event(stock);
        }
        if (more) continue;
        if (events.length === 0) await wakeUp.happened;
      } finally {
        wakeUp.cancel();
      }
      const pauseMs = LOOK_INTERVAL_MIN_MS - (performance.now() - lookedAt);
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  #event(stock: LoggedStock): StockEvent {
    const { id, onHandQty, reservedQty, revision } = stock;
    this.#known.set(id, stock);
    this.#position.advance(id, revision);
    return { id, onHandQty, reservedQty, eventId: this.#position.toString() };
  }

  /** Finds the records, as the caller last saw them. */
  async #findRecords(): Promise<void> {
    const ids = await this.#ids();
    const wanted = ids.map((id) => ({ id, revision: this.#position.of(id) }));
    for (const stock of await readStockAt(this.#reader(), this.#merchantId, wanted)) {
      const seen = this.#position.of(stock.id);
      if (seen !== undefined && seen > stock.revision) throw new WatchFailed(requestFaults.notSent);
      if (!stock.isLoggedSince) throw new WatchFailed(requestFaults.forgotten);
      this.#known.set(stock.id, stock);
    }
    const missing = ids.filter((id) => !this.#known.has(id));
    if (missing.length > 0) throw new WatchFailed({ reason: 'INVENTORY_NOT_FOUND', ids: missing });
    if (!this.#position.isOf(ids)) throw new WatchFailed(requestFaults.notSent);
  }

  /** Reads the entries since the last look, each as the quantities after it, and the records that have joined. */
  async #look(): Promise<Look> {
    const joined = await this.#joined();
    const latest = new Map(this.#known);
    const recordMax = Math.floor(LOOK_ENTRIES_MAX / Math.max(1, latest.size));
    const reader = this.#reader();
    const entries = await readDeltasSince(reader, this.#merchantId, [...latest.values()], recordMax);
    const events = entries.map((entry) => {
      const before = latest.get(entry.id)!;
      // Those in between were pruned while the caller was far behind.
      if (entry.revision !== before.revision + 1) throw new WatchFailed(requestFaults.forgotten);
      const after = stockAfter(before, entry);
      latest.set(entry.id, after);
      return after;
    });
    return { events: [...joined, ...events], more: anyHas(recordMax, entries) };
  }

  /** Finds new records of the product. */
  async #joined(): Promise<LoggedStock[]> {
    if (this.#request.productId === '') return [];
    const ids = await this.#ids();
    const fresh = ids.filter((id) => !this.#known.has(id)).map((id) => ({ id, revision: undefined }));
    return fresh.length === 0 ? [] : readStockAt(this.#reader(), this.#merchantId, fresh);
  }

  async #ids(): Promise<readonly string[]> {
    const { ids, productId } = this.#request;
    if (productId === '') return [...new Set(ids)];
    const found = await readIdsOfProduct(
      this.#reader(),
      this.#merchantId,
      productId,
      WATCHED_RECORDS_MAX + 1,
    );
    if (found.length > WATCHED_RECORDS_MAX) throw new WatchFailed(requestFaults.tooMany);
    return found;
  }

  #reader(): Reader {
    return this.#sources.pool.reader(this.#merchantId, Date.now() + READ_TIMEOUT_MS);
  }
}

interface Look {
  readonly events: readonly LoggedStock[];
  /** Whether the log may have more already. */
  readonly more: boolean;
}

/** Whether any record has `count` entries; each record's entries are adjacent. */
function anyHas(count: number, entries: readonly LoggedDeltas[]): boolean {
  return entries.some(({ id }, i) => entries[i + 1 - count]?.id === id);
}

function stockAfter(
  before: LoggedStock,
  { id, revision, onHandDelta, reservedDelta }: LoggedDeltas,
): LoggedStock {
  return {
    id,
    onHandQty: before.onHandQty + onHandDelta,
    reservedQty: before.reservedQty + reservedDelta,
    revision,
  };
}

/** The caller's position. @throws WatchFailed when the request is at fault. */
function positionIn({ ids, productId, afterId }: WatchRequest): Position {
  if ((ids.length === 0) === (productId === '')) throw new WatchFailed(requestFaults.eitherOr);
  const position = afterId === '' ? new Position() : Position.parse(afterId);
  if (position === undefined) throw new WatchFailed(requestFaults.noPosition);
  return position;
}
