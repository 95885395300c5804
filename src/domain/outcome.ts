import type { Command, OrderLine } from './command.js';
import type { Rejection } from './failure.js';
import type { InventoryRecord } from './inventory-record.js';
import type { Stock } from './stock.js';

/** What the rules made of a command. JSON-safe: it is stored as it is under an idempotency key. */
export type Outcome<S extends Success = Success> = Accepted<S> | Rejected;

export type Accepted<S extends Success = Success> = { readonly ok: true } & S;

export interface Rejected {
  readonly ok: false;
  readonly rejection: Rejection;
}

/** What each kind of command succeeds with. */
export interface Successes extends Record<Command['kind'], object> {
  readonly reserve: StockSuccess;
  readonly release: StockSuccess;
  readonly confirm: StockSuccess;
  readonly reserve_order: ReservedOrderSuccess;
  readonly release_order: EndedOrderSuccess;
  readonly confirm_order: EndedOrderSuccess;
  readonly adjust: AdjustedSuccess;
  readonly batch_adjust: AdjustedSuccess;
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
  reserve_order: 'lines',
  release_order: 'ended',
  confirm_order: 'ended',
  adjust: 'adjusted',
  batch_adjust: 'adjusted',
  create_record: 'record',
  receive_record: 'received',
  count_record: 'counted',
  update_record: 'record',
  update_settings: 'settings',
};

/** Whether it is what that kind of command succeeds with. A key's stored outcome does not say of which kind it is. */
export function isSuccessOf<K extends Command['kind']>(
  kind: K,
  success: Success,
): success is Success & Successes[K] {
  return MARKS[kind] in success;
}

/** The figures that a caller is told. */
export type StockFigures = Pick<Stock, 'id' | 'onHandQty' | 'reservedQty'>;

/** Of a reserve, release or confirm. */
export interface StockSuccess {
  readonly stock: StockFigures;
  /** Of a reserve whose hold ends by itself. Milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** Of a reserve that would take less than it asked for. */
  readonly line?: ReservedLine;
}

export interface ReservedLine {
  readonly id: string;
  readonly requested: number;
  readonly reserved: number;
}

export interface ReservedOrderSuccess {
  readonly lines: readonly ReservedLine[];
  /** Each record once. */
  readonly stocks: readonly StockFigures[];
  readonly expiresAtMs?: number;
}

/** Of an order that was released or confirmed. */
export interface EndedOrderSuccess {
  readonly ended: readonly OrderLine[];
  /** Each record once. */
  readonly stocks: readonly StockFigures[];
}

/** Of one adjustment, or of several in their order. */
export interface AdjustedSuccess {
  readonly adjusted: readonly AdjustedStock[];
}

export interface AdjustedStock extends StockFigures {
  readonly productId: string;
  readonly warehouseId: string;
  readonly warehouseName: string;
  readonly lastAdjustedAtMs: number;
  readonly lastAdjustedBy: string;
}

export interface RecordSuccess {
  readonly record: InventoryRecord;
}

/** Of units received, wherever they went; or of a line of an import that is not to happen again. */
export interface ReceivedSuccess {
  readonly received:
    | {
        readonly id: string;
        /** `unchanged`: no units for a record that exists. */
        readonly effect: 'created' | 'restocked' | 'unchanged';
      }
    | {
        readonly effect: 'done_before';
        readonly doneAtMs: number;
      }
    | {
        /** Nothing changed: it may be a line that was done, and says something else now. */
        readonly effect: 'said_otherwise';
        /** When what stood in its place was done; null where nothing was. */
        readonly doneAtMs: number | null;
      };
}

/** Of units counted. Small, since an import remembers one for each of its lines. */
export interface CountedSuccess {
  readonly counted: {
    readonly id: string;
    readonly effect: 'created' | 'adjusted' | 'unchanged';
    /** By how many units it changed what is on hand. */
    readonly difference: number;
  };
}

export interface SettingsSuccess {
  readonly settings: Settings;
}

/** What a merchant has set for all of its calls. */
export interface Settings {
  /** Seconds after which a referenced hold ends when nothing is said of it; 0: never. */
  readonly defaultTtlSeconds: number;
}
