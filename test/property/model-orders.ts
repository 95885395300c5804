type End = 'released' | 'confirmed' | 'expired';

/** Knows how orders ended, for a second release or confirm. */
export class ModelOrders {
  /** The ways in which units have left each reference. */
  readonly #ends = new Map<string, Set<End>>();

  note(merchantId: string, reference: string, event: End): void {
    const name = `${merchantId}/${reference}`;
    this.#ends.set(name, (this.#ends.get(name) ?? new Set<End>()).add(event));
  }

  /** The reason for refusing a call on an order that holds nothing any more. */
  ended(merchantId: string, reference: string) {
    const ends = this.#ends.get(`${merchantId}/${reference}`);
    if (ends?.has('confirmed')) return 'ORDER_ALREADY_CONFIRMED';
    if (ends?.has('released')) return 'ORDER_ALREADY_RELEASED';
    return ends?.has('expired') ? 'ORDER_EXPIRED' : 'ORDER_NOT_HELD';
  }
}
