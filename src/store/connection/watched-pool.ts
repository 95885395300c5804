import pg from 'pg';
import { PoolClient } from './pool-client.js';

/** Somebody who waits for a connection, or has one. */
export interface Use {
  /** By the monotonic clock. */
  readonly sinceMs: number;
  /** Whether it was already reported. */
  told: boolean;
}

/** A series of waits for locks that were given up, each soon after the one before. By the monotonic clock. */
export interface LockWaits {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A series ends when no wait was given up for this long, which is longer than most of these waits. */
const LOCK_WAITS_GAP_MS = 3000;

export interface PoolFigures {
  readonly inUse: number;
  readonly idle: number;
  readonly max: number;
  readonly waiting: number;
}

/**
 * What a transaction is for:
 * - batch:   commands, as far as their records are free; it waits for none
 * - line:    commands behind a record that somebody else has; it waits for that record
 * - patient: commands of several records, which it waits for in turn
 * - look:    which records are free by now
 * - settle:  what became of a COMMIT without an answer
 * - sweep:   expired holds
 */
export type TransactionKind = 'batch' | 'line' | 'patient' | 'look' | 'settle' | 'sweep' | 'other';

export interface EndedTransaction {
  readonly kind: TransactionKind;
  readonly outcome: 'committed' | 'rolled_back' | 'unknown';
  /** The time since it got a connection. */
  readonly durationMs: number;
  /** What COMMIT took by itself; undefined: there was nothing to commit. */
  readonly commitMs: number | undefined;
}

/** Who has a connection of a pool, and who waits for one. */
export class PoolWatch {
  readonly inUse = new Map<pg.PoolClient, Use>();
  readonly waiting = new Set<Use>();
  onTransaction: ((ended: EndedTransaction) => void) | undefined;
  #lockWaits: LockWaits | undefined;
  #pool: pg.Pool | undefined;

  watch(pool: pg.Pool): void {
    this.#pool = pool;
    pool.on('connect', (client) => {
      if (client instanceof PoolClient) client.onLockGivenUp = () => this.#lockGivenUp();
    });
    pool.on('acquire', (client) => this.inUse.set(client, used()));
    pool.on('release', (_, client) => this.inUse.delete(client));
    pool.on('remove', (client) => this.inUse.delete(client));
  }

  /** The series that may still go on, if there is one. */
  get lockWaits(): LockWaits | undefined {
    const waits = this.#lockWaits;
    return waits && performance.now() - waits.untilMs < LOCK_WAITS_GAP_MS ? waits : undefined;
  }

  #lockGivenUp(): void {
    const untilMs = performance.now();
    this.#lockWaits = { sinceMs: this.lockWaits?.sinceMs ?? untilMs, untilMs };
  }

  get figures(): PoolFigures {
    const idle = this.#pool?.idleCount ?? 0;
    const max = this.#pool?.options.max ?? 0;
    return { inUse: this.inUse.size, idle, max, waiting: this.waiting.size };
  }
}

function used(): Use {
  return { sinceMs: performance.now(), told: false };
}

type Given = Parameters<Parameters<pg.Pool['connect']>[0] & object>;

/** The driver's pool, which tells its watch who waits for a connection. */
export class WatchedPool extends pg.Pool {
  readonly #watch: PoolWatch;

  constructor(config: pg.PoolConfig & { readonly watch: PoolWatch }) {
    super(config);
    this.#watch = config.watch;
    config.watch.watch(this);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...given: Given) => void): void;
  override connect(callback?: (...given: Given) => void): unknown {
    const { waiting } = this.#watch;
    const use = used();
    waiting.add(use);
    if (callback === undefined) return super.connect().finally(() => waiting.delete(use));
    return super.connect((...given: Given) => {
      waiting.delete(use);
      callback(...given);
    });
  }
}
