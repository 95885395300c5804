import type { Source } from '../../domain/command.js';
import type {
  Changes,
  CreatedRecord,
  RecordChange,
  SourceView,
  World,
} from '../../domain/decisions/decision.js';
import type { DoneLine, ImportLine } from '../../domain/import-line.js';
import type { RecordIdentity } from '../../domain/inventory-record.js';
import type { Settings } from '../../domain/outcome.js';
import type { HoldRow, OldestQty } from '../../store/tables/holds.js';
import type { DoneLineRow } from '../../store/tables/import-lines.js';
import type { DescriptionRow } from '../../store/tables/inventory-records.js';
import type { SettingsRow } from '../../store/tables/merchant-settings.js';
import type { MovementRow } from '../../store/tables/movement-log.js';
import type { LeftUnitsRow } from '../../store/tables/order-lines.js';
import type { PartOrderRow } from '../../store/tables/orders.js';
import type { SourceRow } from '../../store/tables/record-sources.js';
import type { StockRow } from '../../store/tables/stock-levels.js';
import { identityName } from '../fetch/fetch-plan.js';
import type { ChangedRows } from './changed-rows.js';
import { LineBook } from './line-book.js';
import { SourceBook } from './source-book.js';
import { WorkingOrder } from './working-order.js';
import { WorkingRecord } from './working-record.js';

/** The state that decisions begin with, as of the locks. */
export interface FetchedState {
  /** The instant as of which holds are judged, milliseconds since the epoch; 0 if time does not matter. */
  readonly nowMs: number;
  /** The time of what is written, microseconds since the epoch. If absent, it is the time of the insert. */
  readonly atUs?: number | undefined;
  readonly stocks: readonly StockRow[];
  readonly holdsByAge: readonly HoldRow[];
  /** Only for records where some command would draw on many holds. */
  readonly oldestSums?: readonly OldestQty[];
  readonly orders?: readonly FetchedOrder[];
  /** Orders of which commands only change the holds on named records. */
  readonly partOrders?: readonly PartOrderRow[];
  /** What became of the units of whole orders, where an answer says that. */
  readonly left?: readonly LeftUnitsRow[];
  readonly descriptions?: readonly DescriptionRow[];
  /** The identities of records that exist. */
  readonly identities?: readonly (RecordIdentity & { merchantId: string; id: string })[];
  readonly settings?: readonly SettingsRow[];
  /** Records that lines may be taken from. */
  readonly sources?: readonly SourceRow[];
  /** Lines of imports that were done before. */
  readonly lines?: readonly DoneLineRow[];
}

export interface FetchedOrder {
  readonly merchantId: string;
  readonly reference: string;
  readonly endedBy: WorkingOrder['endedBy'];
  readonly tooLarge: boolean;
}

/**
 * The locked rows of one batch, in memory. Decisions read the state that the decisions before them left, and what has
 * changed is written once at the end.
 */
export class WorkingSet {
  readonly nowMs: number;
  readonly atUs: number | null;
  readonly #worlds = new Map<string, MerchantWorld>();
  readonly movements: MovementRow[] = [];

  constructor(state: FetchedState) {
    this.nowMs = state.nowMs;
    this.atUs = state.atUs ?? null;
    for (const order of state.orders ?? []) {
      const { reference, endedBy, tooLarge } = order;
      this.world(order.merchantId).orders.set(reference, new WorkingOrder(reference, endedBy, tooLarge));
    }
    for (const { merchantId, reference, endedBy } of state.partOrders ?? []) {
      this.world(merchantId).orders.set(reference, new WorkingOrder(reference, endedBy, false));
    }
    for (const { merchantId, stock } of state.stocks) {
      this.world(merchantId).records.set(stock.id, new WorkingRecord(merchantId, stock));
    }
    for (const { merchantId, inventoryId, hold } of state.holdsByAge) {
      const world = this.world(merchantId);
      const record = world.record(inventoryId);
      if (record === undefined) continue;
      record.loadHold(hold);
      world.orders.get(hold.reference)?.add(record);
    }
    for (const { merchantId, reference, heldOn } of state.partOrders ?? []) {
      const world = this.world(merchantId);
      const isRead = (id: string): boolean => world.record(id)?.hold(reference) !== undefined;
      world.order(reference).heldElsewhere = !heldOn.every(isRead);
    }
    for (const { merchantId, reference, left } of state.left ?? []) {
      this.world(merchantId).order(reference).loadLeft(left);
    }
    for (const { merchantId, inventoryId, qty } of state.oldestSums ?? []) {
      this.world(merchantId).record(inventoryId)!.oldestHoldsQty = qty;
    }
    for (const { merchantId, id, description } of state.descriptions ?? []) {
      const record = this.world(merchantId).record(id);
      if (record !== undefined) record.description = description;
    }
    for (const { merchantId, id, ...identity } of state.identities ?? []) {
      this.world(merchantId).identities.set(identityName(merchantId, identity), id);
    }
    for (const { merchantId, settings } of state.settings ?? []) this.world(merchantId).settings = settings;
    for (const source of state.sources ?? []) {
      this.world(source.merchantId).sources.load(source);
    }
    for (const row of state.lines ?? []) this.world(row.merchantId).lines.load(row);
  }

  /** The state that commands of a merchant see. */
  world(merchantId: string): MerchantWorld {
    let world = this.#worlds.get(merchantId);
    if (world === undefined) {
      world = new MerchantWorld(merchantId, this.nowMs);
      this.#worlds.set(merchantId, world);
    }
    return world;
  }

  apply(merchantId: string, changes: Changes<WorkingRecord>): void {
    for (const change of changes.records) this.applyChange(change);
    for (const change of changes.terms ?? []) change.record.changeTerm(change);
    const { created, described, settings, line } = changes;
    if (created ?? described ?? settings ?? line) this.#applyRest(merchantId, changes);
  }

  #applyRest(merchantId: string, changes: Changes<WorkingRecord>): void {
    const world = this.world(merchantId);
    if (changes.line !== undefined) world.lines.remember(changes.line, this.nowMs);
    if (changes.created !== undefined) {
      const { stock, movement } = changes.created;
      world.create(changes.created);
      this.movements.push({ merchantId, movement, after: stock });
    }
    if (changes.described !== undefined) {
      const { record, description } = changes.described;
      record.description = description;
      record.redescribed = true;
    }
    if (changes.settings !== undefined) world.changeSettings(changes.settings);
  }

  applyChange(change: RecordChange<WorkingRecord>): void {
    const { record, stock, movement } = change;
    const { merchantId } = record;
    record.change(change);
    this.movements.push({ merchantId, movement, after: stock });
    if (record.description !== undefined && movement.onHandDelta !== 0) {
      record.description = {
        ...record.description,
        lastAdjustedAtMs: this.nowMs,
        lastAdjustedBy: movement.actor,
      };
    }
    const { orders } = this.world(merchantId);
    if (orders.size === 0) return;
    const { moved } = movement;
    if (movement.reservedDelta !== 0 || moved !== undefined)
      orders.get(movement.reference)?.note(record, movement);
    if (moved !== undefined) orders.get(moved.toReference)?.add(record);
  }

  /** The merchants whose log has new entries. */
  changedMerchants(): ReadonlySet<string> {
    return new Set(this.movements.map((row) => row.merchantId));
  }

  /** The rows to write. */
  collect(): ChangedRows {
    const rows: ChangedRows = {
      stocks: [],
      expiries: [],
      holds: { opened: [], changed: [], ended: [] },
      createdStocks: [],
      createdRecords: [],
      described: [],
      settings: [],
      lines: [],
    };
    for (const world of this.#worlds.values()) world.collect(rows);
    return rows;
  }
}

/** One merchant's part of the working set. */
class MerchantWorld implements World<WorkingRecord> {
  readonly records = new Map<string, WorkingRecord>();
  readonly orders = new Map<string, WorkingOrder>();
  /** Name of an identity → id. */
  readonly identities = new Map<string, string>();
  readonly sources: SourceBook;
  readonly lines = new LineBook();
  settings: Settings = { defaultTtlSeconds: 0 };
  #settingsChanged = false;

  readonly #merchantId: string;

  constructor(
    merchantId: string,
    readonly nowMs: number,
  ) {
    this.#merchantId = merchantId;
    this.sources = new SourceBook(merchantId);
  }

  record(id: string): WorkingRecord | undefined {
    return this.records.get(id);
  }

  order(reference: string): WorkingOrder {
    return this.orders.get(reference)!;
  }

  idOf(identity: RecordIdentity): string | undefined {
    return this.identities.get(identityName(this.#merchantId, identity));
  }

  source(source: Source): SourceView {
    return this.sources.find(source);
  }

  doneLine(line: ImportLine): DoneLine | undefined {
    return this.lines.find(line);
  }

  /** From now on it is a record like others: commands of the same batch may find it by its identity. */
  create({ stock, description }: CreatedRecord): void {
    const record = new WorkingRecord(this.#merchantId, stock);
    record.description = description;
    record.created = true;
    this.records.set(stock.id, record);
    this.identities.set(identityName(this.#merchantId, description), stock.id);
    this.sources.add(stock.id, description);
  }

  changeSettings(settings: Settings): void {
    this.settings = settings;
    this.#settingsChanged = true;
  }

  collect(rows: ChangedRows): void {
    const merchantId = this.#merchantId;
    for (const record of this.records.values()) {
      const { stock } = record;
      if (record.created) {
        rows.createdStocks.push({ merchantId, stock });
        rows.createdRecords.push({ merchantId, id: stock.id, details: record.description! });
      } else {
        if (record.changed) rows.stocks.push({ merchantId, stock });
        if (record.redescribed) {
          rows.described.push({ merchantId, id: stock.id, details: record.description! });
        }
      }
      record.collectHolds(rows.holds);
      if (record.nextExpiryChanged) rows.expiries.push({ merchantId, stock });
    }
    for (const line of this.lines.fresh) rows.lines.push({ merchantId, line });
    if (this.#settingsChanged) rows.settings.push({ merchantId, settings: this.settings });
  }
}
