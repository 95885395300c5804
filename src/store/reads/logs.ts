import type { Movement, MovementAction } from '../../domain/movement.js';
import type { Statement } from '../connection/statement.js';
import { instantOfUs, usOf } from '../microseconds.js';
import { type LogPlace, movementOf, type RawMovement } from '../tables/logged-movement.js';
import { type CountedSlice, type Slice, sliceOf, totalBeside } from './page.js';
import type { Reader } from './read-pool.js';
import { ms } from './record-rows.js';

/** Which entries to list; all of the merchant's when empty. */
export interface LogFilter {
  readonly inventoryId?: string;
  readonly reference?: string;
  readonly action?: MovementAction;
  /** From this instant on, and before that one; microseconds since the epoch. */
  readonly fromUs?: number;
  readonly toUs?: number;
}

/** A log entry and its place in the list. */
export interface LoggedMovement extends Movement, LogPlace {
  readonly productId: string;
  /** Milliseconds since the epoch. */
  readonly loggedAtMs: number;
  /** The record's quantities after it; null in entries from before this was recorded. */
  readonly onHandQty: number | null;
  readonly reservedQty: number | null;
}

export interface LogSlice extends Slice<LoggedMovement> {
  /** The log may lack entries from before this instant, microseconds since the epoch: they were pruned. Null: none. */
  readonly prunedBeforeUs: number | null;
}

export interface CountedLogSlice extends LogSlice, CountedSlice<LoggedMovement> {
  /** Whether the total is an estimate. */
  readonly isEstimate: boolean;
}

/**
 * Entries that are counted for a total. To count the five million of a busy merchant took 0.4 to 0.6 s, which everybody
 * pays who looks at the first page; these take some 10 ms.
 */
export const COUNTED_ENTRIES_MAX = 100_000;

/**
 * Lists the entries that match the filter, latest first, from the `offset`th on. A total of more than are counted is an
 * estimate.
 */
export async function listLogsByOffset(
  reader: Reader,
  merchantId: string,
  filter: LogFilter,
  offset: number,
  limit: number,
  countedMax = COUNTED_ENTRIES_MAX,
): Promise<CountedLogSlice> {
  const query = new LogQuery(merchantId, filter);
  const [limitPlusOne, skipped] = [query.bind(limit + 1, 'int'), query.bind(offset, 'bigint')];
  const text = `
    WITH page AS MATERIALIZED (${query.entries()} LIMIT ${limitPlusOne} OFFSET ${skipped})
    SELECT t.total, ${PRUNED_BEFORE_US} AS pruned_us, p.*
      FROM (${totalBeside('page', limitPlusOne, skipped, query.count(countedMax + 1))}) AS t
      LEFT JOIN (${withProduct('page')}) AS p ON true
     ORDER BY ${query.order}`;
  const rows = await reader.rows<Row & { total: number }>(
    { name: `${query.name}_by_offset`, text },
    query.values,
  );
  const page = pageOf(rows, limit);
  // A page that ends the list tells its total; so may one behind all that are counted.
  const isCounted = rows[0]!.total <= countedMax || (page.items.length > 0 && !page.more);
  return isCounted
    ? { ...page, total: rows[0]!.total, isEstimate: false }
    : { ...page, total: await estimateTotal(reader, merchantId, filter, countedMax), isEstimate: true };
}

/** Lists the entries that match the filter, latest first, starting after `after`. */
export async function listLogsAfter(
  reader: Reader,
  merchantId: string,
  filter: LogFilter,
  after: LogPlace,
  limit: number,
): Promise<LogSlice> {
  const query = new LogQuery(merchantId, filter);
  const text = `
    WITH page AS MATERIALIZED (${query.entries(after)} LIMIT ${query.bind(limit + 1, 'int')})
    SELECT t.pruned_us, p.*
      FROM (SELECT ${PRUNED_BEFORE_US} AS pruned_us) AS t
      LEFT JOIN (${withProduct('page')}) AS p ON true
     ORDER BY ${query.order}`;
  const statement: Statement = { name: `${query.name}_after`, text };
  return pageOf(await reader.rows<Row>(statement, query.values), limit);
}

const PRUNED_BEFORE_US = `(SELECT ${usOf('pruned_before')} FROM log_prunes WHERE merchant_id = $1)`;

/** A page without entries still has one row. */
type Row = { readonly pruned_us: number | null } & (RawEntry | { readonly inventory_id: null });

function pageOf(rows: readonly Row[], limit: number): LogSlice {
  const entries = rows.filter((row): row is Row & RawEntry => row.inventory_id !== null).map(entryOf);
  return { ...sliceOf(entries, limit), prunedBeforeUs: rows[0]!.pruned_us };
}

/** What the planner expects of a count, by its statistics: exact within some per cent, unless they are old. */
async function estimateTotal(
  reader: Reader,
  merchantId: string,
  filter: LogFilter,
  countedMax: number,
): Promise<number> {
  const query = new LogQuery(merchantId, filter);
  const text = `EXPLAIN (FORMAT JSON) SELECT FROM movement_log WHERE ${query.conditions}`;
  const [row] = await reader.rows<{ 'QUERY PLAN': unknown }>(
    { name: `${query.name}_total`, text },
    query.values,
  );
  return Math.min(Math.max(countedMax + 1, rowsPlanned(row!['QUERY PLAN'])), INT32_MAX);
}

/** Totals are an int32 in the answer. */
const INT32_MAX = 2147483647;

/** The most rows of any part of a plan. The plan of a node of a cluster is somewhere inside. */
function rowsPlanned(plan: unknown): number {
  if (typeof plan !== 'object' || plan === null) return 0;
  return Math.max(
    0,
    ...Object.entries(plan).map(([name, part]) => (name === 'Plan Rows' ? Number(part) : rowsPlanned(part))),
  );
}

/**
 * The parts of the statement that depend on the filter, so that each combination has its own plan. One record's entries
 * are in order of revision, as in the primary key, and do not depend on clocks. Those of several records are in order
 * of time.
 */
class LogQuery {
  readonly values: unknown[];
  readonly name: string;
  readonly order: string;
  readonly #conditions = ['merchant_id = $1'];

  readonly #filter: LogFilter;

  constructor(merchantId: string, filter: LogFilter) {
    this.#filter = filter;
    this.values = [merchantId];
    const { inventoryId, reference, action, fromUs, toUs } = filter;
    const given: string[] = [];
    if (inventoryId !== undefined) {
      given.push('record');
      this.#conditions.push(`inventory_id = ${this.bind(inventoryId, 'text')}`);
    }
    if (reference !== undefined) {
      given.push('reference');
      this.#conditions.push(`reference = ${this.bind(reference, 'text')}`);
    }
    if (action !== undefined) {
      // A literal, since the index of adjustments can only be used by a statement that names the action.
      given.push(action.toLowerCase());
      this.#conditions.push(`action = '${action}'`);
    }
    if (fromUs !== undefined) {
      given.push('from');
      this.#conditions.push(`logged_at >= ${this.#instant(fromUs)}`);
    }
    if (toUs !== undefined) {
      given.push('to');
      this.#conditions.push(`logged_at < ${this.#instant(toUs)}`);
    }
    this.name = ['list_logs', ...given].join('_');
    this.order =
      inventoryId === undefined ? 'logged_at DESC, inventory_id DESC, revision DESC' : 'revision DESC';
  }

  bind(value: unknown, type: string): string {
    return `$${this.values.push(value)}::${type}`;
  }

  #instant(us: number): string {
    return instantOfUs(this.bind(us, 'bigint'));
  }

  entries(after?: LogPlace): string {
    const conditions = after === undefined ? this.#conditions : [...this.#conditions, this.#behind(after)];
    return `
      SELECT inventory_id, revision, action, on_hand_delta, reserved_delta, on_hand_qty, reserved_qty,
             reference, notes, actor, to_reference, moved_qty, logged_at
        FROM movement_log
       WHERE ${conditions.join(' AND ')}
       ORDER BY ${this.order}`;
  }

  get conditions(): string {
    return this.#conditions.join(' AND ');
  }

  /**
   * Counts no more than `max`. In order of time, so that it goes by the index that has the action, too: by that of the
   * adjustments, ten times as many pages are read.
   */
  count(max: number): string {
    const order = this.#filter.inventoryId === undefined ? 'ORDER BY logged_at DESC' : '';
    return `
      SELECT count(*) FROM (SELECT FROM movement_log WHERE ${this.conditions} ${order} LIMIT ${max}) AS counted`;
  }

  #behind({ loggedAtUs, inventoryId, revision }: LogPlace): string {
    if (this.#filter.inventoryId !== undefined) return `revision < ${this.bind(revision, 'bigint')}`;
    const loggedAt = this.#instant(loggedAtUs);
    const rest = `${this.bind(inventoryId, 'text')}, ${this.bind(revision, 'bigint')}`;
    return `(logged_at, inventory_id, revision) < (${loggedAt}, ${rest})`;
  }
}

function withProduct(page: string): string {
  return `
    SELECT e.*, r.product_id, ${ms('e.logged_at')} AS logged_ms,
           ${usOf('e.logged_at')} AS logged_us
      FROM ${page} AS e
      LEFT JOIN LATERAL (
           SELECT product_id FROM inventory_records WHERE merchant_id = $1 AND id = e.inventory_id LIMIT 1)
        AS r ON true`;
}

interface RawEntry extends RawMovement {
  on_hand_qty: number | null;
  reserved_qty: number | null;
  product_id: string | null;
  logged_ms: number;
  logged_us: number;
}

function entryOf(row: RawEntry): LoggedMovement {
  return {
    ...movementOf(row),
    onHandQty: row.on_hand_qty,
    reservedQty: row.reserved_qty,
    productId: row.product_id ?? '',
    loggedAtMs: row.logged_ms,
    loggedAtUs: row.logged_us,
  };
}
