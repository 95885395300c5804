import { assertNever } from '../../domain/assert-never.js';
import type {
  Command,
  ConfirmOrderCommand,
  ExtendOrderCommand,
  MoveOrderCommand,
  OnHandChange,
  OrderUnits,
  ReleaseOrderCommand,
  SetOrderCommand,
} from '../../domain/command.js';
import { UNREFERENCED } from '../../domain/hold.js';
import type { RecordIdentity } from '../../domain/inventory-record.js';
import { mapName } from '../../domain/map-name.js';
import type { HoldKey } from '../../store/tables/holds.js';
import type { IdempotencyKeyName } from '../../store/tables/idempotency-keys.js';
import type { ImportLineRow } from '../../store/tables/import-lines.js';
import type { IdentityKey } from '../../store/tables/inventory-records.js';
import type { OrderKey } from '../../store/tables/orders.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';
import type { Submission } from '../submission.js';
import { type PlannedSource, SourcePlanner } from './sources.js';

/** All rows that the decisions of a batch may look at, each named once. */
export interface FetchPlan {
  /** Records to lock. The records of `orders`, which only the database knows, are locked, too. */
  readonly records: readonly RecordKey[];
  readonly holds: readonly HoldKey[];
  readonly draws: readonly DrawnRecord[];
  /** Records whose newest holds some command may take units from. */
  readonly cuts: readonly DrawnRecord[];
  /** Orders that are ended or set as a whole. */
  readonly orders: readonly OrderKey[];
  /** Orders of which only the holds on named records change. None of them is in `orders`. */
  readonly partOrders: readonly PartOrder[];
  /** Names of those of `orders` whose answer says what became of their units. */
  readonly told: ReadonlySet<string>;
  /** Moves of whole orders, in order of the commands. */
  readonly moves: readonly PlannedMove[];
  /** Holds that commands may open, in addition to `holds`. */
  readonly given: readonly HoldKey[];
  /** Sources to choose records from. Only the database knows these records. */
  readonly sources: readonly PlannedSource[];
  /** Records whose description is changed, or is part of an answer. */
  readonly descriptions: readonly RecordKey[];
  /** The identities of records to be created. */
  readonly identities: readonly IdentityKey[];
  /** The identities of records that are locked if they exist, and created if not. Only the database knows their ids. */
  readonly receipts: readonly IdentityKey[];
  /** Lines of imports, to be done unless they have been done. */
  readonly lines: readonly ImportLineRow[];
  /** Merchants whose settings change. */
  readonly settings: readonly string[];
  readonly keys: readonly IdempotencyKeyName[];
  /** Whether some decision needs to know the time. */
  readonly clock: boolean;
}

/** An order of whose records each command of the batch names at most `recordsMax`. */
export interface PartOrder extends OrderKey {
  readonly recordsMax: number;
}

/** All units of an order go to another one. */
export interface PlannedMove extends OrderKey {
  readonly toReference: string;
}

/** A record from whose holds some command may take units without naming one. */
export interface DrawnRecord extends RecordKey {
  /** How many of its holds commands of the batch may empty before, by naming them. */
  readonly namedHolds: number;
}

export function planFetch(submissions: readonly Submission[]): FetchPlan {
  const planner = new Planner();
  for (const { command, idempotency } of submissions) {
    planner.add(command);
    if (idempotency !== undefined) planner.addKey(command.merchantId, idempotency.key);
  }
  return planner.plan();
}

/** A command that changes what an order holds, also on records that it does not name. */
type OrderCommand =
  | SetOrderCommand
  | ReleaseOrderCommand
  | ConfirmOrderCommand
  | ExtendOrderCommand
  | MoveOrderCommand;

interface PlannedRecord {
  readonly key: RecordKey;
  readonly references: Set<string>;
  drawn: boolean;
  cut: boolean;
  described: boolean;
}

class Planner {
  readonly #records = new Map<string, PlannedRecord>();
  readonly #orders = new Map<string, OrderKey>();
  readonly #partOrders = new Map<string, PartOrder>();
  readonly #told = new Set<string>();
  readonly #moves: PlannedMove[] = [];
  /** Holds that commands may open on records that they name, read with the whole order. */
  readonly #given: HoldKey[] = [];
  readonly #sources = new SourcePlanner();
  readonly #identities = new Map<string, IdentityKey>();
  readonly #receipts = new Map<string, IdentityKey>();
  readonly #lines: ImportLineRow[] = [];
  readonly #settings = new Set<string>();
  readonly #keys = new Map<string, IdempotencyKeyName>();
  #clock = false;

  add(command: Command): void {
    const { merchantId } = command;
    this.#sources.add(command);
    switch (command.kind) {
      case 'reserve':
      case 'set_hold':
        this.#record(merchantId, command.id).references.add(command.reference);
        if (command.ttlSeconds !== undefined) this.#clock = true;
        return;
      case 'release':
      case 'confirm': {
        const record = this.#record(merchantId, command.id);
        record.references.add(command.reference);
        if (command.reference === UNREFERENCED) record.drawn = true;
        return;
      }
      case 'reserve_order':
        for (const { id } of command.lines) this.#record(merchantId, id).references.add(command.reference);
        if (command.ttlSeconds !== undefined) this.#clock = true;
        return;
      case 'set_order':
      case 'release_order':
      case 'confirm_order':
      case 'extend_order':
      case 'move_order':
        this.#addOrder(command);
        return;
      case 'adjust':
      case 'set_on_hand':
        this.#adjust(merchantId, command);
        return;
      case 'batch_adjust':
        for (const line of command.lines) this.#adjust(merchantId, line);
        return;
      case 'update_record':
        this.#describe(merchantId, command.id);
        return;
      case 'create_record':
        // Usually, the record does not exist yet.
        this.#record(merchantId, command.id);
        this.#identify(merchantId, command.details, this.#identities);
        return;
      case 'receive_record':
        this.#identify(merchantId, command.details, this.#receipts);
        if (command.id !== undefined) this.#record(merchantId, command.id);
        if (command.line !== undefined) this.#lines.push({ merchantId, line: command.line });
        return;
      case 'count_record':
        if (command.id !== undefined) this.#record(merchantId, command.id);
        this.#identify(merchantId, command.details, this.#receipts);
        return;
      case 'update_settings':
        this.#settings.add(merchantId);
        return;
      default:
        assertNever(command);
    }
  }

  addKey(merchantId: string, key: string): void {
    this.#keys.set(mapName(merchantId, key), { merchantId, key });
  }

  #record(merchantId: string, id: string): PlannedRecord {
    const name = mapName(merchantId, id);
    let record = this.#records.get(name);
    if (record === undefined) {
      record = { key: { merchantId, id }, references: new Set(), drawn: false, cut: false, described: false };
      this.#records.set(name, record);
    }
    return record;
  }

  #adjust(merchantId: string, { id, releaseShortfall }: OnHandChange & { id: string }): void {
    this.#describe(merchantId, id);
    if (releaseShortfall !== true) return;
    const record = this.#record(merchantId, id);
    record.cut = true;
    record.references.add(UNREFERENCED);
  }

  #addOrder(command: OrderCommand): void {
    const { merchantId, reference } = command;
    if ('ttlSeconds' in command && command.ttlSeconds !== undefined) this.#clock = true;
    switch (command.kind) {
      case 'set_order':
        // What it holds of them is read with the order.
        for (const { id } of command.lines) {
          this.#record(merchantId, id);
          this.#given.push({ merchantId, inventoryId: id, reference });
        }
        this.#order(merchantId, reference);
        return;
      case 'release_order':
      case 'confirm_order':
        this.#units(command, [reference]);
        return;
      case 'extend_order':
        // What it holds of them is read with the order.
        for (const id of command.records ?? []) this.#record(merchantId, id);
        this.#order(merchantId, reference);
        this.#told.add(mapName(merchantId, reference));
        return;
      case 'move_order': {
        const { toReference, lines } = command;
        this.#units(command, [reference, toReference]);
        if (lines === undefined) this.#moves.push({ merchantId, reference, toReference });
        return;
      }
    }
  }

  /** Plans all units of an order, or those of lines; then also the holds of the references on the lines' records. */
  #units({ merchantId, reference, lines }: OrderUnits & { merchantId: string }, references: string[]): void {
    if (lines === undefined) {
      this.#order(merchantId, reference);
      return;
    }
    for (const { id } of lines) {
      const record = this.#record(merchantId, id);
      for (const name of references) record.references.add(name);
    }
    const name = mapName(merchantId, reference);
    const recordsMax = Math.max(lines.length, this.#partOrders.get(name)?.recordsMax ?? 0);
    this.#partOrders.set(name, { merchantId, reference, recordsMax });
  }

  #order(merchantId: string, reference: string): void {
    this.#orders.set(mapName(merchantId, reference), { merchantId, reference });
  }

  #describe(merchantId: string, id: string): void {
    this.#record(merchantId, id).described = true;
    this.#clock = true;
  }

  #identify(merchantId: string, details: RecordIdentity, identities: Map<string, IdentityKey>): void {
    const { productId, skuId, warehouseId } = details;
    this.#clock = true;
    identities.set(identityName(merchantId, details), { merchantId, productId, skuId, warehouseId });
  }

  plan(): FetchPlan {
    const records: RecordKey[] = [];
    const holds: HoldKey[] = [];
    const draws: DrawnRecord[] = [];
    const cuts: DrawnRecord[] = [];
    const descriptions: RecordKey[] = [];
    const changedByOrder = this.#orders.size;
    for (const { key, references, drawn, cut, described } of this.#records.values()) {
      const { merchantId, id: inventoryId } = key;
      records.push(key);
      if (described) descriptions.push(key);
      for (const reference of references) holds.push({ merchantId, inventoryId, reference });
      // The unreferenced hold is also named, but never among the oldest or newest.
      const namedHolds = references.size - 1 + changedByOrder;
      if (drawn) draws.push({ namedHolds, ...key });
      if (cut) cuts.push({ namedHolds, ...key });
    }
    return {
      records,
      holds,
      draws,
      cuts,
      descriptions,
      orders: [...this.#orders.values()],
      partOrders: [...this.#partOrders].filter(([name]) => !this.#orders.has(name)).map(([, order]) => order),
      told: this.#told,
      moves: this.#moves,
      given: this.#given,
      sources: this.#sources.planned(),
      identities: [...this.#identities.values()],
      receipts: [...this.#receipts.values()],
      lines: this.#lines,
      settings: [...this.#settings],
      keys: [...this.#keys.values()],
      clock: this.#clock,
    };
  }
}

/** One name for one identity; none of its parts can hold a NUL. */
export function identityName(merchantId: string, { productId, skuId, warehouseId }: RecordIdentity): string {
  return [merchantId, productId, skuId, warehouseId].join('\0');
}
