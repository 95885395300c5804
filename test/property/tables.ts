import type { DataSource } from 'typeorm';
import { EXPIRED, type LogEntry, logLine, withoutOrderOfExpiry } from './model-record.js';
import type { RecordState } from './stock-model.js';

interface StoredRecord extends Omit<RecordState, 'holds' | 'log' | 'onHand' | 'reserved'> {
  readonly onHand: number;
  readonly reserved: number;
  readonly revision: number;
  /** The reorder level as stored next to the figures, and whether the stock is low by it. */
  readonly lowAt: number;
  readonly low: boolean;
  /** Milliseconds since the epoch. */
  readonly nextExpiryMs: number | null;
  readonly holds: readonly StoredHold[];
  readonly log: readonly LogEntry[];
  readonly revisions: readonly number[];
  /** The figures after each entry, as it says them. */
  readonly after: readonly (readonly [onHandQty: number, reservedQty: number])[];
}

interface StoredHold {
  readonly reference: string;
  readonly qty: number;
  readonly openedRevision: number;
  readonly expiresMs: number | null;
  /** Until it ends, by the database's clock. */
  readonly secondsLeft: number | null;
}

/** Everything that the tables contain of the merchants' records. */
export async function readRecords(
  dataSource: DataSource,
  merchantIds: readonly string[],
): Promise<StoredRecord[]> {
  return dataSource.query(
    `SELECT s.id, r.product_id AS "productId", r.sku_id AS "skuId", r.warehouse_id AS "warehouseId",
            r.warehouse_name AS "warehouseName", r.location, r.reorder_level AS "reorderLevel",
            r.reorder_qty AS "reorderQty", r.variant_attributes AS "variantAttributes",
            s.reorder_level AS "lowAt", s.low,
            s.on_hand_qty AS "onHand", s.reserved_qty AS reserved, s.revision::int,
            (extract(epoch FROM s.next_expiry_at) * 1000)::float8 AS "nextExpiryMs",
            (SELECT coalesce(json_agg(json_build_object(
                      'reference', reference, 'qty', qty, 'openedRevision', opened_revision,
                      'expiresMs', (extract(epoch FROM expires_at) * 1000)::float8,
                      'secondsLeft', extract(epoch FROM expires_at - clock_timestamp())::float8)
                    ORDER BY opened_revision), '[]')
               FROM holds WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS holds,
            (SELECT coalesce(json_agg(json_build_object(
                      'action', action || coalesce(' ' || moved_qty || ' to ' || to_reference, ''), 'onHand', on_hand_delta, 'reserved', reserved_delta,
                      'reference', coalesce(reference, ''), 'notes', coalesce(notes, ''), 'actor', actor)
                    ORDER BY revision), '[]')
               FROM movement_log WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS log,
            (SELECT coalesce(json_agg(revision ORDER BY revision), '[]')
               FROM movement_log WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS revisions,
            (SELECT coalesce(json_agg(json_build_array(on_hand_qty, reserved_qty) ORDER BY revision), '[]')
               FROM movement_log WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS after
       FROM stock_levels AS s
       LEFT JOIN inventory_records AS r ON r.merchant_id = s.merchant_id AND r.id = s.id
      WHERE s.merchant_id = ANY ($1)
      ORDER BY s.merchant_id, s.id COLLATE "C"`,
    [merchantIds],
  );
}

/** As a caller sees them now: without holds that have expired, even if they are still stored. */
export function asOfNow(stored: StoredRecord): RecordState {
  const { onHand, reserved, revision, revisions, after, nextExpiryMs, lowAt, low, ...rest } = stored;
  const isOver = ({ secondsLeft }: StoredHold): boolean => secondsLeft !== null && secondsLeft <= 0;
  const over = stored.holds.filter(isOver);
  const ended = over.map(({ reference, qty }): LogEntry => {
    const by = { reference, notes: 'expired', actor: 'system' };
    return { action: 'RELEASED', onHand: 0, reserved: -qty, ...by };
  });
  return {
    ...rest,
    onHand,
    reserved: over.reduce((units, { qty }) => units - qty, reserved),
    holds: stored.holds.filter((hold) => !isOver(hold)).map(holdLine),
    log: withoutOrderOfExpiry([...stored.log, ...ended].map(logLine)),
  };
}

/** A run takes seconds, and its times are hundreds of seconds apart. */
function holdLine({ reference, qty, secondsLeft }: StoredHold): string {
  return `${reference}=${qty} ${secondsLeft === null ? 'open' : Math.ceil(secondsLeft / 100) * 100}`;
}

/** What is wrong with a record, in addition to what an audit finds; '' if nothing is. */
export function flaw(record: StoredRecord): string {
  const { holds, nextExpiryMs, revision, revisions, after, log, lowAt, low, reorderLevel } = record;
  const ends = holds.flatMap(({ expiresMs }) => (expiresMs === null ? [] : [expiresMs]));
  if (ends.length > 0 && (nextExpiryMs === null || nextExpiryMs > Math.min(...ends))) {
    return `a hold ends at ${Math.min(...ends)}, but none before ${nextExpiryMs}`;
  }
  if (revisions.some((at, i) => at !== i + 1) || revisions.length !== revision) {
    return `revision ${revision}, log ${revisions}`;
  }
  if (lowAt !== reorderLevel || low !== record.onHand - record.reserved <= lowAt) {
    return `reorder level ${reorderLevel} is ${lowAt} next to the figures, low: ${low}`;
  }
  let [onHand, reserved] = [0, 0];
  for (const [i, entry] of log.entries()) {
    onHand += entry.onHand;
    reserved += entry.reserved;
    const [onHandQty, reservedQty] = after[i]!;
    if (onHandQty !== onHand || reservedQty !== reserved) {
      return `entry ${i + 1} says ${onHandQty} and ${reservedQty} after it, not ${onHand} and ${reserved}`;
    }
  }
  const endless = log.findIndex((entry) => EXPIRED.test(logLine(entry)) && entry.reserved >= 0);
  return endless === -1 ? '' : `entry ${endless + 1} expires nothing`;
}

/** Everything that is stored of a merchant, as if it had been swept, without names and times. */
export async function readAll(
  dataSource: DataSource,
  merchantId: string,
  outcomeOf: (stored: unknown) => unknown,
): Promise<unknown> {
  const records = await readRecords(dataSource, [merchantId]);
  const keys: { key: string; fingerprint: string; outcome: unknown }[] = await dataSource.query(
    'SELECT key, fingerprint, outcome FROM idempotency_keys WHERE merchant_id = $1 ORDER BY key',
    [merchantId],
  );
  const lines = await dataSource.query(
    'SELECT content, line FROM import_lines WHERE merchant_id = $1 ORDER BY content',
    [merchantId],
  );
  const [settings] = await dataSource.query(
    'SELECT default_ttl_seconds FROM merchants WHERE merchant_id = $1',
    [merchantId],
  );
  return {
    records: records.map((record) => ({
      ...asOfNow(record),
      revision: record.revision,
      opened: record.holds.map(({ openedRevision }) => openedRevision),
      ends: record.nextExpiryMs !== null,
    })),
    keys: keys.map((key) => ({ ...key, outcome: outcomeOf(key.outcome) })),
    lines,
    settings,
  };
}
