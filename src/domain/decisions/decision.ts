import type { Source } from '../command.js';
import type { Rejection } from '../failure.js';
import type { Hold } from '../hold.js';
import type { DoneLine, ImportLine } from '../import-line.js';
import type { InventoryRecord, RecordIdentity } from '../inventory-record.js';
import type { Movement } from '../movement.js';
import type { EndingMovement, LeftUnits } from '../order-state.js';
import type { Settings, Success } from '../outcome.js';
import type { Stock } from '../stock.js';

/** What a decision can read: the merchant's rows that were locked and fetched for it, as of `nowMs`. */
export interface World<R extends RecordView = RecordView> {
  /** The current time by the database's clock, milliseconds since the epoch. */
  readonly nowMs: number;
  record(id: string): R | undefined;
  order(reference: string): OrderView<R>;
  /** The record of that product, SKU and warehouse. */
  idOf(identity: RecordIdentity): string | undefined;
  /** The records that a line may be taken from; the same object for the same source. */
  source(source: Source): SourceView;
  /** Looks the line up in the memory of its import; undefined when it has not been done yet. */
  doneLine(line: ImportLine): DoneLine | undefined;
  readonly settings: Settings;
}

/** The records of a SKU or product, in the warehouses that are wanted. */
export interface SourceView {
  /** Whether it has any record, in whichever warehouse. */
  readonly known: boolean;
  readonly candidates: readonly { readonly id: string; readonly warehouseId: string }[];
}

/** A record as a decision sees it: current figures and all holds that the decision may need. */
export interface RecordView {
  readonly stock: Stock;
  hold(reference: string): Hold | undefined;
  /** By age, oldest first. */
  holds(): Iterable<Hold>;
  /**
   * The units in as many of the oldest holds with a reference as one draw without a reference may use; Infinity when
   * they were not summed.
   */
  readonly oldestHoldsQty: number;
  /** Its description; fetched only for commands that return it. */
  readonly description: RecordDescriptionView | undefined;
}

export type RecordDescriptionView = Omit<InventoryRecord, 'id' | 'onHandQty' | 'reservedQty' | 'updatedAtMs'>;

/** The holds of one reference. */
export interface OrderView<R extends RecordView = RecordView> {
  /** Records with a hold under the reference, in order of id. */
  records(): readonly R[];
  /** The log entry by which it is told to have ended, if it holds nothing. */
  readonly endedBy: EndingMovement | undefined;
  /** Whether it holds units of any record, also of one that the decision does not see. */
  isHeld(): boolean;
  /** What units have left it, of each record that ever had some; only where it is part of an answer. */
  left(): readonly LeftUnits[];
  /** Whether it holds units of more records than one command may change. */
  readonly tooLarge: boolean;
}

/** The result of a command: either nothing changes, or all of this does. */
export type Decision<R extends RecordView = RecordView, S extends Success = Success> =
  | { readonly accepted: false; readonly rejection: Rejection }
  | { readonly accepted: true; readonly changes: Changes<R>; readonly success: S };

export interface Changes<R extends RecordView = RecordView> {
  /** In order; a record may change more than once. */
  readonly records: readonly RecordChange<R>[];
  readonly terms?: readonly TermChange<R>[];
  readonly created?: CreatedRecord;
  readonly described?: { readonly record: R; readonly description: RecordDescriptionView };
  readonly settings?: Settings;
  /** A line to remember as done. */
  readonly line?: ImportLine;
}

/** One change of one record's quantities. */
export interface RecordChange<R extends RecordView = RecordView> {
  readonly record: R;
  readonly stock: Stock;
  /** The new state of each hold that changes; qty 0 ends it. */
  readonly holds: readonly Hold[];
  readonly movement: Movement;
}

/** A new expiry of one hold. No quantity changes, so there is no log entry. */
export interface TermChange<R extends RecordView = RecordView> {
  readonly record: R;
  readonly stock: Stock;
  readonly hold: Hold;
}

export interface CreatedRecord {
  readonly stock: Stock;
  readonly description: RecordDescriptionView;
  readonly movement: Movement;
}

export function reject(rejection: Rejection): { accepted: false; rejection: Rejection } {
  return { accepted: false, rejection };
}
