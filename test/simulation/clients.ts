import type { Credentials } from '../support/app.js';
import { type Answer, type Caller, type Door, openCaller, type StockCall } from '../support/callers.js';
import { until } from '../support/process.js';
import { Attempts } from './attempts.js';
import { Ledger } from './ledger.js';
import { Random } from './random.js';

/** The service's current address, which changes when it restarts. */
export interface Address {
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

export interface ClientsOptions {
  readonly who: Credentials;
  /** Asked before every attempt. */
  readonly address: () => Address;
  readonly ids: readonly string[];
  readonly clients: number;
  readonly callsEach: number;
  readonly seed: number;
  readonly through: readonly Door[];
}

/**
 * Clients with seeded choices, each with one call at a time. Every call has a key, and is tried again under it until it
 * is answered, whatever happens to the service meanwhile. So in the end every call has its answer in the ledger.
 */
export class Clients {
  readonly ledger = new Ledger();
  readonly #attempts = new Attempts();
  readonly #options: ClientsOptions;
  readonly #callers = new Map<string, Caller>();

  /** Resolves when all calls are answered. */
  readonly finished: Promise<void>;

  /** Starts at once. */
  constructor(options: ClientsOptions) {
    this.#options = options;
    this.finished = this.#run();
    // A test that fails before it waits for this shows its own error, and not this one.
    this.finished.catch(() => {});
  }

  /** Attempts that brought no answer. */
  get unanswered(): number {
    return this.#attempts.unanswered;
  }

  get answered(): number {
    return this.ledger.entries.length;
  }

  get total(): number {
    return this.#options.clients * this.#options.callsEach;
  }

  get ids(): readonly string[] {
    return this.#options.ids;
  }

  /** Resolves when this many more calls have been answered. This is the clients' own clock. */
  async answeredMore(calls: number): Promise<void> {
    const wanted = this.answered + calls;
    await until(`${wanted} answers`, () => this.answered >= wanted);
  }

  /** Resolves when this many more attempts have been refused for a passing reason. */
  async refusedMore(attempts: number): Promise<void> {
    const wanted = this.#attempts.passing + attempts;
    await until(`${wanted} refusals`, () => this.#attempts.passing >= wanted);
  }

  async #run(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.clients }, (_, i) => this.#runClient(i)));
    } finally {
      for (const caller of this.#callers.values()) caller.close();
    }
  }

  async #runClient(client: number): Promise<void> {
    const { seed, callsEach, ids, through } = this.#options;
    const random = new Random(seed * 1000 + client);
    for (let n = 0; n < callsEach; n++) {
      const call: StockCall = {
        rpc: random.below(3) === 0 ? 'release' : 'reserve',
        id: random.pick(ids),
        qty: 1 + random.below(3),
        reference: `ORD-${random.below(20)}`,
        idempotencyKey: `client-${seed}-${client}-${n}`,
      };
      const door = through[client % through.length]!;
      this.ledger.add(call, await this.untilAnswered(call, () => this.#caller(door)));
    }
  }

  /** Tries until there is an answer, with a new choice of caller for every attempt. */
  untilAnswered(call: StockCall, through: Caller | (() => Caller)): Promise<Answer> {
    return this.#attempts.untilAnswered(`${call.idempotencyKey}`, () =>
      (typeof through === 'function' ? through() : through).call(call),
    );
  }

  #caller(door: Door): Caller {
    const address = this.#options.address();
    const name = `${door} ${address.httpUrl}`;
    let caller = this.#callers.get(name);
    if (caller === undefined) {
      caller = openCaller(door, address, this.#options.who);
      this.#callers.set(name, caller);
    }
    return caller;
  }
}
