/** A request that changes stock, checked for shape: qty 1 to QTY_MAX, id and texts within their bounds. */
export type StockCommand = ReserveCommand | ReleaseCommand;

export interface ReserveCommand extends CommandBase {
  readonly kind: 'reserve';
}

export interface ReleaseCommand extends CommandBase {
  readonly kind: 'release';
}

interface CommandBase {
  readonly merchantId: string;
  /** The record. */
  readonly id: string;
  readonly qty: number;
  /** UNREFERENCED when the caller gave none. */
  readonly reference: string;
  readonly notes: string;
  readonly actor: string;
}
