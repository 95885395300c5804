/** What has happened to the units that were held under one reference. */
interface Story {
  last: 'reserved' | 'released' | 'confirmed' | 'expired';
  expired: boolean;
  readonly records: Set<string>;
}

/** Tells what became of orders, for a second release or confirm. */
export class ModelOrders {
  readonly #stories = new Map<string, Story>();

  note(merchantId: string, reference: string, record: string, event: Story['last']): void {
    if (reference === '') return;
    const name = `${merchantId}/${reference}`;
    const story = this.#stories.get(name) ?? { last: event, expired: false, records: new Set<string>() };
    story.last = event;
    story.expired ||= event === 'expired';
    story.records.add(record);
    this.#stories.set(name, story);
  }

  /** The reason to refuse with, once nothing is held any more. */
  ended(merchantId: string, reference: string) {
    switch (this.#stories.get(`${merchantId}/${reference}`)?.last) {
      case undefined:
        return 'ORDER_NOT_HELD';
      case 'confirmed':
        return 'ORDER_ALREADY_CONFIRMED';
      case 'expired':
        return 'ORDER_EXPIRED';
      // Of units that were reserved and are gone, a release that names nobody had them.
      case 'released':
      case 'reserved':
        return 'ORDER_ALREADY_RELEASED';
    }
  }

  /**
   * A hold of one record that expires is noted when somebody looks at that record. What came last of an order on
   * several records, one of which expired, depends on that.
   */
  isVague(merchantId: string, reference: string): boolean {
    const story = this.#stories.get(`${merchantId}/${reference}`);
    return story?.expired === true && story.records.size > 1;
  }
}
