import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Failure } from '../../src/domain/failure.js';
import { ChangeSignal } from '../../src/service/watch/change-signal.js';
import { type StockEvent, Watch, type WatchRequest } from '../../src/service/watch/watch.js';
import { type Reader, ReadPool } from '../../src/store/reads/read-pool.js';
import { type SeedRecord, seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { openDataSource } from './data-source.js';
import { createTestDatabase } from './database.js';

const MERCHANT = 'mer_1';

/** Follows a watch and keeps what it has seen. */
export interface Following {
  readonly seen: StockEvent[];
  /** The next events. */
  take(count: number): Promise<StockEvent[]>;
  /** The next event, or how the watch ended; false: it was told to end. */
  next(): Promise<StockEvent | Failure | false>;
  stop(): void;
  readonly events: AsyncGenerator<StockEvent, Failure | undefined, void>;
}

/** Changes of one record: units on hand, and units held. */
export interface Delta {
  readonly id: string;
  readonly onHand?: number;
  readonly reserved?: number;
}

/**
 * Watches on a database of their own, without a service that would wake them, and sessions that write as a service does.
 */
export interface WatchStage {
  readonly signal: ChangeSignal;
  readonly dataSource: DataSource;
  /** Reads that watches have made. */
  reads(): number;
  seed(...records: SeedRecord[]): Promise<void>;
  /** New records of one new product, 100 on hand each. */
  seedProduct(records: number): Promise<{ ids: string[]; productId: string }>;
  begin(request: Partial<WatchRequest>, lookIntervalMaxMs?: number): Promise<Following | Failure>;
  /** The same, for a request that must be accepted. */
  follow(request: Partial<WatchRequest>, lookIntervalMaxMs?: number): Promise<Following>;
  session(): Promise<WritingSession>;
  /** Tells the watches, as a service does after its commits. */
  wake(): void;
  /** The figures after each entry of these records' log, by record: `<on hand>/<reserved>`. */
  logged(ids: readonly string[]): Promise<Map<string, string[]>>;
  /** Ends all watches and sessions. */
  endWatches(): Promise<void>;
  /** The next read fails with this. */
  failNextRead(error: Error): void;
  close(): Promise<void>;
}

/** A transaction that the test commits. */
export class WritingSession {
  constructor(readonly client: pg.Client) {}

  async begin(): Promise<void> {
    await this.client.query('BEGIN');
  }

  /** Takes the record's lock, draws a revision and writes. */
  async change({ id, onHand = 0, reserved = 0 }: Delta): Promise<void> {
    const { rows } = await this.client.query(
      `UPDATE stock_levels
          SET on_hand_qty = on_hand_qty + $3, reserved_qty = reserved_qty + $4, revision = revision + 1
        WHERE merchant_id = $1 AND id = $2
    RETURNING revision`,
      [MERCHANT, id, onHand, reserved],
    );
    await this.client.query(
      `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                                 actor, batch_id)
       VALUES ($1, $2, $3, 'ADJUSTED', $4, $5, 'tester', gen_random_uuid())`,
      [MERCHANT, id, rows[0].revision, onHand, reserved],
    );
  }

  async commit(): Promise<void> {
    await this.client.query('COMMIT');
  }

  /** Writes each change in a transaction of its own. */
  async write(...deltas: Delta[]): Promise<void> {
    for (const delta of deltas) {
      await this.begin();
      await this.change(delta);
      await this.commit();
    }
  }
}

export async function openWatchStage(): Promise<WatchStage> {
  const database = await createTestDatabase();
  const dataSource = await openDataSource(database.url);
  const readSource = await openDataSource(database.url, {}, 'reads');
  await insertMerchant(dataSource, MERCHANT, 'Test');
  const signal = new ChangeSignal({ send: () => {} });
  const readPool = new ReadPool(readSource, { readPoolConnectionsMax: 4, readsWaitingMax: 100 });
  const clients: pg.Client[] = [];
  const begunWatches: Following[] = [];
  let products = 0;
  let reads = 0;
  let failure: Error | undefined;
  const pool = {
    reader: (merchantId: string, deadlineAtMs: number): Reader => ({
      rows: async (statement, values) => {
        reads += 1;
        const thrown = failure;
        failure = undefined;
        if (thrown !== undefined) throw thrown;
        return readPool.reader(merchantId, deadlineAtMs).rows(statement, values);
      },
    }),
  };
  const begin: WatchStage['begin'] = async (request, lookIntervalMaxMs = 1_000_000) => {
    const whole = { ids: [], productId: '', afterId: '', ...request };
    const begun = await Watch.begin({ pool, changes: signal, lookIntervalMaxMs }, MERCHANT, whole);
    if (!begun.ok) return begun.failure;
    const watch = following(begun.value);
    begunWatches.push(watch);
    return watch;
  };
  const seed: WatchStage['seed'] = (...records) => seedRecords(dataSource, MERCHANT, records);
  return {
    signal,
    dataSource,
    reads: () => reads,
    seed,
    seedProduct: async (count) => {
      const productId = `product_${products++}`;
      const ids = Array.from({ length: count }, (_, i) => `${productId}_${i}`);
      const details = (id: string) => ({ productId, warehouseId: id });
      await seed(...ids.map((id) => ({ id, onHandQty: 100, reservedQty: 0, details: details(id) })));
      return { ids, productId };
    },
    begin,
    follow: async (...request) => {
      const begun = await begin(...request);
      if ('reason' in begun) throw new Error(JSON.stringify(begun));
      return begun;
    },
    session: async () => {
      const client = new pg.Client({ connectionString: database.url });
      client.on('error', () => {});
      await client.connect();
      clients.push(client);
      return new WritingSession(client);
    },
    wake: () => signal.wake(MERCHANT),
    logged: async (ids) => {
      const rows = await database.query<{ id: string; stock: string }>(
        `SELECT inventory_id AS id,
                sum(on_hand_delta) OVER so_far || '/' || sum(reserved_delta) OVER so_far AS stock
           FROM movement_log
          WHERE inventory_id = ANY ($1)
         WINDOW so_far AS (PARTITION BY inventory_id ORDER BY revision)
          ORDER BY inventory_id, revision`,
        [ids],
      );
      return byRecord(rows.map(({ id, stock }) => [id, stock]));
    },
    endWatches: async () => {
      for (const watch of begunWatches.splice(0)) {
        watch.stop();
        await watch.events.return(undefined);
      }
    },
    failNextRead: (error) => {
      failure = error;
    },
    close: async () => {
      signal.close();
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all([dataSource.destroy(), readSource.destroy()]);
      await database.drop();
    },
  };
}

/** What was sent, record by record, as `logged` spells it. */
export function sent(events: readonly StockEvent[]): Map<string, string[]> {
  return byRecord(events.map((e) => [e.id, `${e.onHandQty}/${e.reservedQty}`]));
}

function byRecord(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const records = new Map<string, string[]>();
  for (const [id, stock] of pairs) records.set(id, [...(records.get(id) ?? []), stock]);
  return records;
}

function following(watch: Watch): Following {
  const stopped = new AbortController();
  const events = watch.events(stopped.signal);
  const seen: StockEvent[] = [];
  const next: Following['next'] = async () => {
    const { done, value } = await events.next();
    if (done) return value ?? false;
    seen.push(value);
    return value;
  };
  return {
    seen,
    events,
    next,
    take: async (count) => {
      for (let i = 0; i < count; i++) {
        const event = await next();
        if (event === false || 'reason' in event)
          throw new Error(`the watch ended: ${JSON.stringify(event)}`);
      }
      return seen.slice(-count);
    },
    stop: () => stopped.abort(),
  };
}
