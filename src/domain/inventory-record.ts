/** A record without its quantities: one product or SKU in one warehouse. Missing texts are ''. */
export interface RecordDetails extends RecordIdentity, RecordDescription {}

/** Unique among a merchant's records. */
export interface RecordIdentity {
  readonly productId: string;
  readonly skuId: string;
  readonly warehouseId: string;
}

/** What may change later. */
export interface RecordDescription {
  readonly warehouseName: string;
  readonly location: string;
  /** The record is low when no more units than this are available. */
  readonly reorderLevel: number;
  readonly reorderQty: number;
  readonly variantAttributes: Readonly<Record<string, string>>;
}

/** A record as callers see it. Times in milliseconds since the epoch. JSON-safe. */
export interface InventoryRecord extends RecordDetails {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  /** When and by whom the units on hand last changed; the record's creation counts. */
  readonly lastAdjustedAtMs: number;
  readonly lastAdjustedBy: string;
  readonly createdAtMs: number;
  /** When anything last changed, reservations included. */
  readonly updatedAtMs: number;
}
