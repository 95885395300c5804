import type { Term } from './decisions/term.js';
import type { ImportLine } from './import-line.js';
import type { RecordDescription, RecordDetails } from './inventory-record.js';
import type { AdjustmentAction } from './movement.js';

/**
 * A request that changes something, already validated: quantities, ids and texts are within their bounds. Each executes
 * completely or not at all, in one transaction with others that are waiting.
 */
export type Command =
  | ReserveCommand
  | ReleaseCommand
  | ConfirmCommand
  | SetHoldCommand
  | ReserveOrderCommand
  | SetOrderCommand
  | ReleaseOrderCommand
  | ConfirmOrderCommand
  | ExtendOrderCommand
  | MoveOrderCommand
  | AdjustCommand
  | BatchAdjustCommand
  | SetOnHandCommand
  | CreateRecordCommand
  | ReceiveRecordCommand
  | CountRecordCommand
  | UpdateRecordCommand
  | UpdateSettingsCommand;

/** Moves units of one record from available to reserved. */
export interface ReserveCommand extends OneRecord, Hold {
  readonly kind: 'reserve';
  readonly qty: number;
}

/** Returns reserved units of one record to available. */
export interface ReleaseCommand extends OneRecord {
  readonly kind: 'release';
  readonly qty: number;
  /** UNREFERENCED when the caller gave none. */
  readonly reference: string;
}

/** Takes reserved units of one record out of stock. */
export interface ConfirmCommand extends OneRecord {
  readonly kind: 'confirm';
  readonly qty: number;
  /** UNREFERENCED when the caller gave none. */
  readonly reference: string;
}

/** Sets how many units of one record a reference holds. */
export interface SetHoldCommand extends OneRecord, Term {
  readonly kind: 'set_hold';
  /** Held afterwards, 0 or more. */
  readonly qty: number;
  /** Never UNREFERENCED. */
  readonly reference: string;
}

/** Reserves units of several records under one reference. */
export interface ReserveOrderCommand extends Anybody, Hold {
  readonly kind: 'reserve_order';
  /** A record may be named twice. At least 1 line, these and the sourced ones together. */
  readonly lines: readonly OrderLine[];
  /** Left out where there are none. */
  readonly sourced?: readonly SourcedLine[] | undefined;
}

/** Sets which units a reference holds: these, and no others. */
export interface SetOrderCommand extends Anybody, Term {
  readonly kind: 'set_order';
  /** Never UNREFERENCED. */
  readonly reference: string;
  /** A record may be named twice. */
  readonly lines: readonly OrderLine[];
  /** Left out where there are none. */
  readonly sourced?: readonly SourcedLine[] | undefined;
}

/** Returns units that a reference holds. */
export interface ReleaseOrderCommand extends Anybody, OrderUnits {
  readonly kind: 'release_order';
}

/** Takes units that a reference holds out of stock. */
export interface ConfirmOrderCommand extends Anybody, OrderUnits {
  readonly kind: 'confirm_order';
}

/** Sets when the holds of a reference end. */
export interface ExtendOrderCommand extends Actor, Term {
  readonly kind: 'extend_order';
  /** Never UNREFERENCED. */
  readonly reference: string;
  /** On these records only; undefined: all of its holds. */
  readonly records?: readonly string[] | undefined;
}

/** Passes units that a reference holds on to another one. */
export interface MoveOrderCommand extends Anybody, OrderUnits, Term {
  readonly kind: 'move_order';
  /** Never UNREFERENCED, nor `reference`. */
  readonly toReference: string;
}

/** Changes the units on hand of one record. */
export interface AdjustCommand extends OneRecord, Adjustment {
  readonly kind: 'adjust';
}

/** Makes several adjustments, each on the result of those before it. */
export interface BatchAdjustCommand extends Actor {
  readonly kind: 'batch_adjust';
  readonly lines: readonly AdjustmentLine[];
}

/** Sets the units on hand of one record to a count. */
export interface SetOnHandCommand extends OneRecord, OnHandChange {
  readonly kind: 'set_on_hand';
  /** On hand afterwards, 0 or more. */
  readonly qty: number;
}

/** Adds a record. */
export interface CreateRecordCommand extends OneRecord {
  readonly kind: 'create_record';
  readonly initialQty: number;
  readonly details: RecordDetails;
}

/** Adds units to the record of a product in a warehouse; creates the record if there is none. */
export interface ReceiveRecordCommand extends Anybody {
  readonly kind: 'receive_record';
  /** The record's id if it is created. */
  readonly newId: string;
  /** The id that the record must have; undefined: any. */
  readonly id?: string | undefined;
  /** 0 or more. */
  readonly qty: number;
  /** Identifies the record, and describes it if it is created. */
  readonly details: RecordDetails;
  /** The reference of the log entry. */
  readonly reference: string;
  /** Makes it happen only once; undefined: every time it is sent. */
  readonly line?: ImportLine | undefined;
}

/** Sets the units on hand of a product in a warehouse to a count; creates the record if there is none. */
export interface CountRecordCommand extends Anybody {
  readonly kind: 'count_record';
  /** The record's id if it is created. */
  readonly newId: string;
  /** The id that the record must have; undefined: any. */
  readonly id?: string | undefined;
  /** On hand afterwards, 0 or more. */
  readonly qty: number;
  /** Identifies the record, and describes it if it is created. */
  readonly details: RecordDetails;
  /** The reference of the log entry. */
  readonly reference: string;
}

/** Updates a record's description. */
export interface UpdateRecordCommand extends Actor {
  readonly kind: 'update_record';
  readonly id: string;
  readonly update: Partial<RecordDescription>;
}

/** Updates the merchant's settings; undefined leaves one unchanged. */
export interface UpdateSettingsCommand extends Actor {
  readonly kind: 'update_settings';
  readonly defaultTtlSeconds: number | undefined;
}

/** Units that a reference holds. */
export interface OrderUnits {
  /** Never UNREFERENCED. */
  readonly reference: string;
  /** At least 1, exactly these units; a record may be named twice. Undefined: all that it holds. */
  readonly lines?: readonly OrderLine[] | undefined;
}

/** A line that leaves it to the command to choose records. */
export interface SourcedLine extends Source {
  /** Its place among all lines of the request, from 0. */
  readonly index: number;
  readonly qty: number;
  /** Whether several records may share the line. */
  readonly split: boolean;
}

/** Which records a line may be taken from. */
export interface Source {
  /** A SKU, or a product: its records without a SKU. */
  readonly of: SourceName;
  /** Only these, in order of preference, each once; empty: all. */
  readonly warehouseIds: readonly string[];
}

export type SourceName = { readonly skuId: string } | { readonly productId: string };

export interface OrderLine {
  readonly id: string;
  readonly qty: number;
}

export interface Adjustment extends OnHandChange {
  /** Signed, not 0. */
  readonly qty: number;
  readonly action: AdjustmentAction;
}

/** What all changes of units on hand may say. */
export interface OnHandChange {
  readonly reference: string;
  /** The figure that the caller saw; undefined when it does not matter. */
  readonly expectedOnHandQty: number | undefined;
  /** Take the units that would be missing from the holds that were opened last. */
  readonly releaseShortfall?: boolean | undefined;
}

export interface AdjustmentLine extends Adjustment {
  readonly id: string;
  readonly notes: string;
}

/** The reference and the term of a hold; the merchant's default counts as stated. */
interface Hold extends Term {
  /** UNREFERENCED when the caller gave none. */
  readonly reference: string;
  /** Reserve what is available, at least 1 unit, when there is not enough. */
  readonly allowPartial: boolean;
}

interface OneRecord extends Anybody {
  /** The record. */
  readonly id: string;
}

interface Anybody extends Actor {
  readonly notes: string;
}

interface Actor {
  readonly merchantId: string;
  readonly actor: string;
}
