import type { RecordKey } from '../tables/stock-levels.js';
import { clientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';

/** A process of the server that others wait for. What our role may not see is null. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly user: string | null;
  readonly address: string | null;
  readonly state: string | null;
  /** How long its transaction has been open. */
  readonly openMs: number | null;
  /** The beginning of the statement that it runs, or ran last. */
  readonly statement: string | null;
}

/** What the server says about a connection. */
export interface ServerView {
  /** `Lock:transactionid`, `IPC:SyncRep`, …; null: it waits for nothing. */
  readonly waitsFor: string | null;
  readonly blockedBy: readonly Blocker[];
}

/** https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW */
const BLOCKER = `
  jsonb_build_object(
    'pid', b.pid, 'application', b.application_name, 'user', b.usename, 'address', host(b.client_addr), 'state', b.state,
    'openMs', round(extract(epoch FROM clock_timestamp() - b.xact_start) * 1000), 'statement', left(b.query, 200))`;

const VIEWS = `
  SELECT a.pid, a.wait_event_type || ':' || a.wait_event AS waits_for,
         (SELECT coalesce(jsonb_agg(${BLOCKER}), '[]')
            FROM pg_stat_activity AS b WHERE b.pid = ANY (pg_blocking_pids(a.pid))) AS blocked_by
    FROM pg_stat_activity AS a
   WHERE a.pid = ANY ($1::int[])`;

/** A transaction that locks a row writes its id into the row, and holds the lock of that id. */
const HOLDERS = `
  SELECT ${BLOCKER} AS holder
    FROM stock_levels AS s
    JOIN pg_locks AS l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = s.xmax
    JOIN pg_stat_activity AS b ON b.pid = l.pid
   WHERE s.merchant_id = $1 AND s.id = $2`;

const IDLE_MS = 60_000;

/**
 * Asks the server who waits for whom. It has a connection of its own, since those of the pool may all be waiting. This
 * is opened when it is needed, and closed when it was not needed for a minute.
 */
export class StallQuestions {
  readonly #config: ReturnType<typeof clientConfig>;
  readonly #timeoutMs: number;
  #client: Promise<PoolClient> | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** `timeoutMs`: the limit for connecting, and for each answer. */
  constructor(url: string, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#config = clientConfig(url, { connectTimeoutMs: timeoutMs, readOnly: false, options: [] });
  }

  /** The views by pid. Connections that the server does not know are missing. */
  async views(pids: readonly number[]): Promise<ReadonlyMap<number, ServerView>> {
    const rows = await this.#ask<{ pid: number; waits_for: string | null; blocked_by: Blocker[] }>(VIEWS, [
      pids,
    ]);
    return new Map(
      rows.map(({ pid, waits_for: waitsFor, blocked_by: blockedBy }) => [pid, { waitsFor, blockedBy }]),
    );
  }

  /** Returns those whose transaction has locked the record. */
  async holdersOf({ merchantId, id }: RecordKey): Promise<readonly Blocker[]> {
    const rows = await this.#ask<{ holder: Blocker }>(HOLDERS, [merchantId, id]);
    return rows.map(({ holder }) => holder);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const client = this.#client;
    this.#client = undefined;
    await client?.then((opened) => opened.end()).catch(() => {});
  }

  async #ask<Row>(text: string, values: unknown[]): Promise<Row[]> {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    this.#client ??= this.#connect();
    try {
      const client = await this.#client;
      const { rows } = await client.query({ text, values });
      return rows;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #connect(): Promise<PoolClient> {
    const client = new PoolClient({
      ...this.#config,
      connectionTimeoutMillis: this.#timeoutMs,
      query_timeout: this.#timeoutMs,
      application_name: 'holdfast-stalls',
    });
    client.on('end', () => {
      this.#client = undefined;
    });
    await client.connect();
    return client;
  }
}
