import type { Movement, MovementAction } from '../../domain/movement.js';
import type { Statement } from '../connection/statement.js';
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

/** An entry's place: the list is in descending order of the three. */
export interface LogPlace {
  /** Microseconds since the epoch, the clock's full precision. */
  readonly loggedAtUs: number;
  readonly inventoryId: string;
  readonly revision: number;
}

/** Lists the entries that match the filter, latest first, from the `offset`th on. */
export async function listLogsByOffset(
  reader: Reader,
  merchantId: string,
  filter: LogFilter,
  offset: number,
  limit: number,
): Promise<CountedSlice<LoggedMovement>> {
  const query = new LogQuery(merchantId, filter);
  const [limitPlusOne, skipped] = [query.bind(limit + 1, 'int'), query.bind(offset, 'bigint')];
  const text = `
    WITH page AS MATERIALIZED (${query.entries()} LIMIT ${limitPlusOne} OFFSET ${skipped})
    SELECT t.total, p.*
      FROM (${totalBeside('page', limitPlusOne, skipped, query.count())}) AS t
      LEFT JOIN (${withProduct('page')}) AS p ON true
     ORDER BY ${query.order}`;
  type Row = { total: number } & (RawEntry | { inventory_id: null });
  const rows = await reader.rows<Row>({ name: `${query.name}_by_offset`, text }, query.values);
  // A page without entries still has one row.
  const entries = rows.filter((row): row is Row & RawEntry => row.inventory_id !== null).map(entryOf);
  return { ...sliceOf(entries, limit), total: rows[0]!.total };
}

/** Lists the entries that match the filter, latest first, starting after `after`. */
export async function listLogsAfter(
  reader: Reader,
  merchantId: string,
  filter: LogFilter,
  after: LogPlace,
  limit: number,
): Promise<Slice<LoggedMovement>> {
  const query = new LogQuery(merchantId, filter);
  const text = `
    WITH page AS MATERIALIZED (${query.entries(after)} LIMIT ${query.bind(limit + 1, 'int')})
    ${withProduct('page')}
     ORDER BY ${query.order}`;
  const statement: Statement = { name: `${query.name}_after`, text };
  return sliceOf((await reader.rows<RawEntry>(statement, query.values)).map(entryOf), limit);
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
    return `timestamptz 'epoch' + ${this.bind(us, 'bigint')} * interval '1 microsecond'`;
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

  count(): string {
    return `SELECT count(*) FROM movement_log WHERE ${this.#conditions.join(' AND ')}`;
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
           (extract(epoch FROM e.logged_at) * 1000000)::float8 AS logged_us
      FROM ${page} AS e
      LEFT JOIN LATERAL (
           SELECT product_id FROM inventory_records WHERE merchant_id = $1 AND id = e.inventory_id LIMIT 1)
        AS r ON true`;
}

interface RawEntry {
  inventory_id: string;
  revision: string;
  action: MovementAction;
  on_hand_delta: number;
  reserved_delta: number;
  on_hand_qty: number | null;
  reserved_qty: number | null;
  reference: string | null;
  notes: string | null;
  actor: string;
  to_reference: string | null;
  moved_qty: number | null;
  product_id: string | null;
  logged_ms: number;
  logged_us: number;
}

function entryOf(row: RawEntry): LoggedMovement {
  return {
    inventoryId: row.inventory_id,
    revision: Number(row.revision),
    action: row.action,
    onHandDelta: row.on_hand_delta,
    reservedDelta: row.reserved_delta,
    onHandQty: row.on_hand_qty,
    reservedQty: row.reserved_qty,
    reference: row.reference ?? '',
    notes: row.notes ?? '',
    actor: row.actor,
    ...(row.to_reference !== null && { moved: { toReference: row.to_reference, qty: row.moved_qty! } }),
    productId: row.product_id ?? '',
    loggedAtMs: row.logged_ms,
    loggedAtUs: row.logged_us,
  };
}
