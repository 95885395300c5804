type End = 'released' | 'confirmed' | 'expired';

/** What has happened to the units that were held under one reference. */
interface Story {
  last: 'reserved' | End | undefined;
  readonly ends: Set<End>;
  readonly records: Set<string>;
}

/** Tells what became of orders, for a second release or confirm. */
export class ModelOrders {
  readonly #stories = new Map<string, Story>();

  note(merchantId: string, reference: string, record: string, event: 'reserved' | End): void {
    if (reference === '') return;
    const name = `${merchantId}/${reference}`;
    const story = this.#stories.get(name) ?? {
      last: undefined,
      ends: new Set<End>(),
      records: new Set<string>(),
    };
    story.last = event;
    if (event !== 'reserved') story.ends.add(event);
    story.records.add(record);
    this.#stories.set(name, story);
  }

  /** The reason to refuse with, once nothing is held any more. */
  ended(merchantId: string, reference: string) {
    switch (this.#stories.get(`${merchantId}/${reference}`)?.last) {
      case undefined:
      case 'reserved':
        return 'ORDER_NOT_HELD';
      case 'confirmed':
        return 'ORDER_ALREADY_CONFIRMED';
      case 'expired':
        return 'ORDER_EXPIRED';
      case 'released':
        return 'ORDER_ALREADY_RELEASED';
    }
  }

  /**
   * An order on several records may end differently on each. What came last of it is then a matter of microseconds,
   * and of when somebody looked at the record whose hold had expired.
   */
  isVague(merchantId: string, reference: string): boolean {
    const story = this.#stories.get(`${merchantId}/${reference}`);
    return story !== undefined && story.ends.size > 1 && story.records.size > 1;
  }
}
