/** What a log entry says was done. RECEIVED to RETURNED are adjustments; the last two move holds. */
export type MovementAction =
  | 'RECEIVED'
  | 'SOLD'
  | 'ADJUSTED'
  | 'DAMAGED'
  | 'RETURNED'
  | 'RESERVED'
  | 'RELEASED';

/** The actor of changes that no caller asked for. */
export const SYSTEM_ACTOR = 'system';

/**
 * One line of the audit trail. Every change of quantity writes exactly one, in the same transaction.
 *
 * Both deltas are kept, so that the log alone adds up to both counters.
 */
export interface Movement {
  readonly inventoryId: string;
  readonly revision: number;
  readonly action: MovementAction;
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  /** Empty when the caller gave none. */
  readonly reference: string;
  readonly notes: string;
  readonly actor: string;
}
