/** The reference of units that are held without one. */
export const UNREFERENCED = '';

/**
 * Units of one record held under one reference; qty >= 1, a hold without units does not exist.
 *
 * `openedRevision` is the record's revision that opened the hold: it orders holds by age exactly, where clocks could
 * tie or jump.
 */
export interface Hold {
  readonly reference: string;
  readonly qty: number;
  readonly openedRevision: number;
  /** The instant from which its units are available again, milliseconds since the epoch; null: open-ended. */
  readonly expiresAtMs: number | null;
}
