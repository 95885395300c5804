import type { Command, OrderLine, SourceName } from './command.js';
import type { Rejection } from './failure.js';
import type { InventoryRecord } from './inventory-record.js';
import type { LeftUnits } from './order-state.js';
import type { Stock } from './stock.js';

/** The result of a command. JSON-safe: it is stored under an idempotency key. */
export type Outcome<S extends Success = Success> = Accepted<S> | Rejected;

export type Accepted<S extends Success = Success> = { readonly ok: true } & S;

export interface Rejected {
  readonly ok: false;
  readonly rejection: Rejection;
}

/** The success of each kind of command. */
export interface Successes extends Record<Command['kind'], object> {
  readonly reserve: StockSuccess;
  readonly release: StockSuccess;
  readonly confirm: StockSuccess;
  readonly set_hold: StockSuccess;
  readonly reserve_order: ReservedOrderSuccess;
  readonly set_order: ReservedOrderSuccess;
  readonly release_order: EndedOrderSuccess;
  readonly confirm_order: EndedOrderSuccess;
  readonly extend_order: ExtendedOrderSuccess;
  readonly move_order: MovedOrderSuccess;
  readonly adjust: AdjustedSuccess;
  readonly batch_adjust: AdjustedSuccess;
  readonly set_on_hand: AdjustedSuccess;
  readonly create_record: RecordSuccess;
  readonly receive_record: ReceivedSuccess;
  readonly count_record: CountedSuccess;
  readonly update_record: RecordSuccess;
  readonly update_settings: SettingsSuccess;
}

export type Success = Successes[Command['kind']];

/** The field that tells the success of a kind from those of other forms. */
const MARKS: { readonly [K in Command['kind']]: keyof Successes[K] & string } = {
  reserve: 'stock',
  release: 'stock',
  confirm: 'stock',
  set_hold: 'stock',
  reserve_order: 'lines',
  set_order: 'lines',
  release_order: 'ended',
  confirm_order: 'ended',
  extend_order: 'extended',
  move_order: 'moved',
  adjust: 'adjusted',
  batch_adjust: 'adjusted',
  set_on_hand: 'adjusted',
  create_record: 'record',
  receive_record: 'received',
  count_record: 'counted',
  update_record: 'record',
  update_settings: 'settings',
};

/** Whether a success is of that kind of command. The stored outcome of a key does not name its kind. */
export function isSuccessOf<K extends Command['kind']>(
  kind: K,
  success: Success,
): success is Success & Successes[K] {
  return MARKS[kind] in success;
}

/** The figures that callers see. */
export type StockFigures = Pick<Stock, 'id' | 'onHandQty' | 'reservedQty'>;

/** Success of a reserve, release or confirm, or of a hold that was set. */
export interface StockSuccess {
  readonly stock: StockFigures;
  /** For a reserve whose hold expires. Milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** For a reserve that accepts fewer units than it asks for. */
  readonly line?: ReservedLine;
}

export interface ReservedLine {
  /** Of a sourced line: the first record that was chosen, '' where none was. */
  readonly id: string;
  readonly requested: number;
  readonly reserved: number;
  /** Where the units of a sourced line are. */
  readonly source?: { readonly of: SourceName; readonly records: readonly SourcedUnits[] };
}

export interface SourcedUnits {
  readonly id: string;
  readonly warehouseId: string;
  /** At least 1. */
  readonly qty: number;
}

export interface ReservedOrderSuccess {
  readonly lines: readonly ReservedLine[];
  /** Each record once. */
  readonly stocks: readonly HeldFigures[];
  /** When the first of its holds on these records ends. Milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** A record's figures, and when the hold on it ends, if it does. */
export interface HeldFigures extends StockFigures {
  readonly expiresAtMs?: number;
}

/** Success of a release or a confirm of an order. */
export interface EndedOrderSuccess {
  readonly ended: readonly OrderLine[];
  /** Each record once. */
  readonly stocks: readonly StockFigures[];
}

/** Success of an order whose term was set: all that it holds, by record. */
export interface ExtendedOrderSuccess {
  readonly extended: readonly (OrderLine & {
    /** Milliseconds since the epoch; null: open-ended. */
    readonly expiresAtMs: number | null;
  })[];
  /** What has left it, of each record that ever had units of it. */
  readonly left: readonly LeftUnits[];
}

/** Success of units that went to another order. */
export interface MovedOrderSuccess {
  readonly moved: readonly OrderLine[];
  /** Each record once, with the expiry of the other order's hold. */
  readonly stocks: readonly HeldFigures[];
  /** When the first of those holds ends. Milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** Success of one adjustment or count, or of several adjustments in order. */
export interface AdjustedSuccess {
  readonly adjusted: readonly AdjustedStock[];
}

export interface AdjustedStock extends StockFigures {
  readonly productId: string;
  readonly warehouseId: string;
  readonly warehouseName: string;
  readonly lastAdjustedAtMs: number;
  readonly lastAdjustedBy: string;
  /** The holds that lost units, those opened last first. */
  readonly shortfall?: readonly LostUnits[];
}

export interface LostUnits {
  /** UNREFERENCED for units that were held without one. */
  readonly reference: string;
  readonly qty: number;
}

export interface RecordSuccess {
  readonly record: InventoryRecord;
}

/** Success of received units, in a new or an existing record; or of a line of an import that must not be done again. */
export interface ReceivedSuccess {
  readonly received:
    | {
        readonly id: string;
        /** `unchanged`: no units for an existing record. */
        readonly effect: 'created' | 'restocked' | 'unchanged';
      }
    | {
        readonly effect: 'done_before';
        readonly doneAtMs: number;
      }
    | {
        /** Nothing changed: the line may be a new version of one that was done. */
        readonly effect: 'said_otherwise';
        /** When the line in its place was done; null when there was none. */
        readonly doneAtMs: number | null;
      };
}

/** Success of counted units. Small, since an import remembers one for each of its lines. */
export interface CountedSuccess {
  readonly counted: {
    readonly id: string;
    readonly effect: 'created' | 'adjusted' | 'unchanged';
    /** The change of the units on hand. */
    readonly difference: number;
  };
}

export interface SettingsSuccess {
  readonly settings: Settings;
}

/** A merchant's settings for all calls. */
export interface Settings {
  /** Seconds after which a referenced hold ends when the request does not say; 0: never. */
  readonly defaultTtlSeconds: number;
}
