/** Why units on hand change. */
export type AdjustmentAction = 'RECEIVED' | 'SOLD' | 'ADJUSTED' | 'DAMAGED' | 'RETURNED';

/** The action of a log entry: an adjustment (SOLD also for confirmed holds), or a change of holds. */
export type MovementAction = AdjustmentAction | 'RESERVED' | 'RELEASED' | 'MOVED';

/** The actor of changes that no caller requested. */
export const SYSTEM_ACTOR = 'system';

/** The note of an entry that ends a hold by its expiry. */
export const EXPIRED_NOTE = 'expired';

/** The note of an entry that takes units from a hold because they are not there. */
export const SHORTFALL_NOTE = 'shortfall';

/**
 * One line of the audit trail. Every change of quantity writes exactly one for each hold that it touches (one where it
 * touches none), in the same transaction.
 *
 * Both deltas are kept, so that the log alone adds up to both counters; and for each reference, the reserved ones to
 * what it holds.
 */
export interface Movement {
  readonly inventoryId: string;
  readonly revision: number;
  readonly action: MovementAction;
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  /** Whose units moved: the reference of the hold. Of an adjustment, the caller's. Empty for none. */
  readonly reference: string;
  readonly notes: string;
  readonly actor: string;
  /** Units that went from `reference` to another one; the counters of the record do not tell them. Only of MOVED. */
  readonly moved?: { readonly toReference: string; readonly qty: number };
}
