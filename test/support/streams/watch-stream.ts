/** One event of WatchInventory; two doors that say the same give equal values. */
export interface WatchEvent {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly availableQty: number;
  readonly eventId: string;
}

/** How a stream ended. */
export interface Ending {
  /** Undefined: without a reason, as when a connection broke. */
  readonly reason?: string | undefined;
  /** A gRPC code; REST has none. */
  readonly code?: number | undefined;
  /** REST only: of a stream that was refused, or 200. */
  readonly httpStatus?: number | undefined;
  readonly violations?: Readonly<Record<string, string>> | undefined;
  /** Where the reason is explained. */
  readonly help?: string | undefined;
}

export interface WatchRequest {
  readonly ids?: readonly string[];
  readonly productId?: string;
  readonly afterId?: string;
}

export interface WatchOptions {
  readonly credentials?: { readonly token?: string | undefined; readonly apiKey?: string | undefined };
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the request: what no client would send. */
  readonly bytes?: Buffer;
}

/** The stream ended while events were still expected. */
export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';
  constructor(readonly ending: Ending) {
    super(`the stream ended: ${JSON.stringify(ending)}`);
  }
}

/** A client's end of one watch: a door's adapter adds events, a test takes them. */
export class WatchStream {
  /** Resolves when the stream has begun: its head is there. Never rejects. */
  readonly begun: Promise<void>;
  /** Resolves when the stream is over. Never rejects. */
  readonly ended: Promise<Ending>;
  /** All that has come, taken or not. */
  readonly seen: WatchEvent[] = [];
  #taken = 0;
  #ending: Ending | undefined;
  #tellBegun = (): void => {};
  #tellEnded = (_: Ending): void => {};
  #onNews = (): void => {};

  readonly #control: { leave(): void; pause(): void; resume(): void };

  constructor(control: { leave(): void; pause(): void; resume(): void }) {
    this.#control = control;
    this.begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
  }

  /** The next events; throws StreamEnded if there are fewer. */
  async take(count: number): Promise<WatchEvent[]> {
    while (this.seen.length < this.#taken + count) {
      if (this.#ending !== undefined) throw new StreamEnded(this.#ending);
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
    this.#taken += count;
    return this.seen.slice(this.#taken - count, this.#taken);
  }

  /** The next event. */
  async next(): Promise<WatchEvent> {
    return (await this.take(1))[0]!;
  }

  /** Takes events until one matches; returns them all. */
  async takeUntil(wanted: (event: WatchEvent) => boolean): Promise<WatchEvent[]> {
    const taken = [];
    for (;;) {
      const event = await this.next();
      taken.push(event);
      if (wanted(event)) return taken;
    }
  }

  /** Leaves without a message. */
  leave(): void {
    this.#control.leave();
  }

  /** Reads no more from the socket. */
  pause(): void {
    this.#control.pause();
  }

  resume(): void {
    this.#control.resume();
  }

  begin(): void {
    this.#tellBegun();
  }

  put(event: WatchEvent): void {
    this.seen.push(event);
    this.#onNews();
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#tellBegun();
    this.#tellEnded(ending);
    this.#onNews();
  }
}
