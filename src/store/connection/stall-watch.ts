import { PoolClient } from './pool-client.js';
import type { Blocker, ServerView, StallQuestions } from './stall-questions.js';
import type { PoolWatch, Use } from './watched-pool.js';

/** A wait that is longer than this is a stall. */
const STALLED_AFTER_MS = 1000;
const LOOK_INTERVAL_MS = 250;
/** The most connections that the server is asked about at once. Others are reported without its answer. */
const ASKED_MAX = 10;
const STATEMENT_LENGTH_MAX = 200;
/** A process that is seen to block others again within this time counts as having kept the lock meanwhile. */
const SAME_LOCK_MS = 5000;

/**
 * What somebody has been waiting for, for a second:
 * - connection: all of the pool are in use, or none can be made
 * - lock:       a lock that another transaction has
 * - commit:     the answer to COMMIT
 * - statement:  the answer to another statement
 * - process:    this process, which has sent nothing more
 */
export interface Stall {
  readonly on: 'connection' | 'lock' | 'commit' | 'statement' | 'process';
  readonly pool: string;
  readonly waitedMs: number;
  /** The pid of the server's process for the connection. */
  readonly pid?: number | undefined;
  /** Its name, or the beginning of its text. */
  readonly statement?: string | undefined;
  /** In the server's words: https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-TABLE */
  readonly waitsFor?: string | undefined;
  readonly blockedBy?: readonly Blocker[] | undefined;
}

/** How many have been waiting for a connection, and how many have had one, for a second or more. */
export function stalledIn({ waiting, inUse }: PoolWatch): { connection: number; transaction: number } {
  const sinceMs = performance.now() - STALLED_AFTER_MS;
  const count = (uses: Iterable<Use>): number => [...uses].filter((use) => use.sinceMs <= sinceMs).length;
  return { connection: count(waiting), transaction: count(inUse.values()) };
}

/**
 * Notices transactions, and waits for a connection, that take a second, and reports each of them once, with what it
 * waits for. It looks at all of them from time to time, since a timer for each would slow down every batch.
 */
export class StallWatch {
  readonly #pools: ReadonlyMap<string, PoolWatch>;
  readonly #questions: Pick<StallQuestions, 'views'>;
  readonly #onStall: (stall: Stall) => void;
  readonly #timer: NodeJS.Timeout;
  /** Who keeps others waiting for a lock, as pid and last statement → when that was last seen. */
  readonly #blockers = new Map<string, number>();

  /** `pools`: the pools by name. More may be added later. */
  constructor(
    pools: ReadonlyMap<string, PoolWatch>,
    questions: Pick<StallQuestions, 'views'>,
    onStall: (stall: Stall) => void,
  ) {
    this.#pools = pools;
    this.#questions = questions;
    this.#onStall = onStall;
    this.#timer = setInterval(() => {
      void this.#look();
      void this.#lookAtLocks();
    }, LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const found: Stall[] = [];
    for (const [pool, watch] of this.#pools) found.push(...stallsIn(pool, watch));
    for (const stall of await this.#seen(found)) this.#tell(stall);
  }

  /**
   * Notices locks for which one transaction after another waits, each giving up, to be tried again, long before a
   * second has passed. Locks of rows are left out: the engine reports records that somebody keeps.
   */
  async #lookAtLocks(): Promise<void> {
    for (const [pool, { lockWaits, inUse }] of this.#pools) {
      if (lockWaits === undefined) continue;
      const waitedMs = Math.round(performance.now() - lockWaits.sinceMs);
      if (waitedMs < STALLED_AFTER_MS) continue;
      const waiting: Stall[] = [];
      for (const client of inUse.keys()) {
        if (!(client instanceof PoolClient) || client.running === undefined || !client.pid) continue;
        const statement = cut(client.running.statement);
        waiting.push({ on: 'statement', pool, waitedMs, pid: client.pid, statement });
      }
      for (const stall of await this.#seen(waiting)) if (isForTable(stall)) this.#tell(stall);
    }
  }

  #tell(stall: Stall): void {
    if (!isForTable(stall) || this.#isNew(stall)) this.#onStall(stall);
  }

  /** Whether this blocker was not reported yet: many transactions may wait for the same lock, one after another. */
  #isNew({ blockedBy = [] }: Stall): boolean {
    const nowMs = performance.now();
    for (const [who, atMs] of this.#blockers) if (nowMs - atMs > SAME_LOCK_MS) this.#blockers.delete(who);
    const found = blockedBy.map(({ pid, statement }) => `${pid} ${statement}`);
    const isNew = found.length === 0 || found.some((who) => !this.#blockers.has(who));
    for (const who of found) this.#blockers.set(who, nowMs);
    return isNew;
  }

  /** Adds what the server says about the stalls, as far as it is asked. */
  async #seen(stalls: readonly Stall[]): Promise<Stall[]> {
    const pids = stalls.flatMap(({ pid }) => pid ?? []).slice(0, ASKED_MAX);
    const views = pids.length === 0 ? new Map<number, ServerView>() : await this.#ask(pids);
    return stalls.map((stall) => asSeen(stall, views));
  }

  #ask(pids: readonly number[]): Promise<ReadonlyMap<number, ServerView>> {
    // A server that does not answer a transaction may not answer this either.
    const unknown: ServerView = { waitsFor: 'unknown: the server does not answer', blockedBy: [] };
    return this.#questions.views(pids).catch(() => new Map(pids.map((pid) => [pid, unknown])));
  }
}

function* stallsIn(pool: string, { waiting, inUse }: PoolWatch): Generator<Stall> {
  const nowMs = performance.now();
  const isNew = (use: Use): boolean => {
    if (use.told || nowMs - use.sinceMs < STALLED_AFTER_MS) return false;
    use.told = true;
    return true;
  };
  for (const use of waiting) {
    if (isNew(use)) yield { on: 'connection', pool, waitedMs: Math.round(nowMs - use.sinceMs) };
  }
  for (const [client, use] of inUse) {
    if (!(client instanceof PoolClient) || !isNew(use)) continue;
    const { running, pid } = client;
    const on = running === undefined ? 'process' : running.statement === 'COMMIT' ? 'commit' : 'statement';
    const statement = running && cut(running.statement);
    yield { on, pool, waitedMs: Math.round(nowMs - use.sinceMs), pid, statement };
  }
}

/** Whether it waits for a lock of anything but a row. Usually, that is a table. */
function isForTable({ waitsFor = '' }: Stall): boolean {
  return /^Lock:(?!transactionid|tuple)/.test(waitsFor);
}

function cut(statement: string): string {
  return statement.trim().slice(0, STATEMENT_LENGTH_MAX);
}

function asSeen(stall: Stall, views: ReadonlyMap<number, ServerView>): Stall {
  const view = stall.pid === undefined ? undefined : views.get(stall.pid);
  if (view === undefined) return stall;
  const { blockedBy } = view;
  const on = stall.on === 'statement' && view.waitsFor?.startsWith('Lock:') ? 'lock' : stall.on;
  const waitsFor = view.waitsFor ?? undefined;
  return { ...stall, on, waitsFor, ...(blockedBy.length === 0 ? {} : { blockedBy }) };
}
