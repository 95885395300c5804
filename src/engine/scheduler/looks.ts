import type { Executor } from './executor.js';

/** The most rows of one look. */
const LOOK_ROWS_MAX = 1000;

export interface LookedAt {
  /** Why the last look at it failed, if it did: then nobody knows whether somebody has the row. */
  fault: unknown;
}

export interface LooksOptions<C, R> {
  readonly executor: Executor<C, R>;
  nowMs(): number;
  /** Nobody has these rows any more. They are no longer looked at. */
  onFree(names: readonly string[]): void;
  /** All rows have been looked at. */
  onEnd(): void;
}

/** Looks at rows that others have, by queries that wait for none. */
export class Looks<C, R> {
  readonly #options: LooksOptions<C, R>;
  readonly #rows = new Map<string, LookedAt>();
  #going: Promise<void> | undefined;
  #askedAtMs: number | undefined;

  constructor(options: LooksOptions<C, R>) {
    this.#options = options;
  }

  /** Connections in use. */
  get busy(): number {
    return this.#going === undefined ? 0 : 1;
  }

  /** Since when a look has had no answer. Until then, nobody knows more of any of the rows. */
  get askedAtMs(): number | undefined {
    return this.#askedAtMs;
  }

  /** The rows to be looked at. */
  get names(): Iterable<string> {
    return this.#rows.keys();
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  add(name: string, row: LookedAt): void {
    this.#rows.set(name, row);
  }

  delete(name: string): void {
    this.#rows.delete(name);
  }

  /** Looks at all rows once, unless it is still at it: a look may take long, as when a node is lost. */
  begin(): void {
    if (this.#rows.size === 0) return;
    this.#going ??= this.#lookAround().then(() => {
      this.#going = undefined;
      this.#options.onEnd();
    });
  }

  /** Rows that were looked at go behind the others. */
  async #lookAround(): Promise<void> {
    const { executor } = this.#options;
    const together = new Map<string, string[]>();
    for (const name of [...this.#rows.keys()].slice(0, LOOK_ROWS_MAX)) {
      const look = executor.lookOf(name);
      const others = together.get(look);
      if (others === undefined) together.set(look, [name]);
      else others.push(name);
    }
    for (const names of together.values()) await this.#lookAt(names);
  }

  async #lookAt(names: readonly string[]): Promise<void> {
    const { executor, nowMs, onFree } = this.#options;
    const asked = new Map<string, LookedAt>();
    for (const name of names) {
      const row = this.#rows.get(name);
      if (row !== undefined) asked.set(name, row);
    }
    if (asked.size === 0) return;
    this.#askedAtMs = nowMs();
    let found: readonly string[] = [];
    let fault: unknown;
    try {
      found = await executor.findFree([...asked.keys()]);
    } catch (error) {
      fault = error;
    }
    this.#askedAtMs = undefined;
    const isFree = new Set(found);
    const free: string[] = [];
    for (const [name, row] of asked) {
      // It may have got a place in line meanwhile, or nobody waits for it any more, or somebody does again.
      if (this.#rows.get(name) !== row) continue;
      this.#rows.delete(name);
      row.fault = fault;
      if (isFree.has(name)) free.push(name);
      else this.#rows.set(name, row);
    }
    if (free.length > 0) onFree(free);
  }
}
