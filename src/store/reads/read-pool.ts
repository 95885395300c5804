import type { DataSource } from 'typeorm';
import { requireNode } from '../connection/silent-nodes.js';
import type { Statement } from '../connection/statement.js';

/** Runs reads without locks. Each is one statement, and so has its own snapshot. */
export interface Reader {
  rows<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

export interface ReadPoolLimits {
  /** Reads that run at the same time; at most the data source's connections. */
  readonly readPoolConnectionsMax: number;
  /** Reads that wait for their turn; any more are refused. */
  readonly readsWaitingMax: number;
}

/** A read that was not sent. */
export class ReadRefused extends Error {
  override readonly name = 'ReadRefused';
  constructor(readonly reason: 'OVERLOADED' | 'DEADLINE_EXCEEDED' | 'SHUTTING_DOWN') {
    super(`the read was refused: ${reason}`);
  }
}

/**
 * Separate connections for reads, so that reads never keep a writer waiting for one.
 *
 * Reads queue here, first come, first served. The driver's pool would neither bound the queue nor tell a long wait from
 * a lost database.
 */
export class ReadPool {
  /** At most readPoolConnectionsMax. */
  #running = 0;
  /** In order of arrival; empty unless readPoolConnectionsMax reads are running. */
  readonly #waiting: (() => void)[] = [];
  #closed = false;
  #onIdle: () => void = () => {};

  readonly #dataSource: DataSource;
  readonly #limits: ReadPoolLimits;

  constructor(dataSource: DataSource, limits: ReadPoolLimits) {
    this.#dataSource = dataSource;
    this.#limits = limits;
  }

  /** Reads that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** `deadlineAtMs`: milliseconds since the epoch. No read is sent after it, nor where the merchant's node is silent. */
  reader(merchantId: string, deadlineAtMs: number): Reader {
    const check = async (): Promise<void> => {
      if (this.#closed) throw new ReadRefused('SHUTTING_DOWN');
      if (Date.now() >= deadlineAtMs) throw new ReadRefused('DEADLINE_EXCEEDED');
      await requireNode(this.#dataSource, merchantId);
    };
    return { rows: (statement, values) => this.#run(statement, values, check) };
  }

  /** Sends no more reads, since their callers are gone. Resolves when no read is running. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** `check`: throws if the read is not to be sent, now that it is its turn. */
  async #run<Row>(
    statement: Statement,
    values: readonly unknown[],
    check: () => Promise<void>,
  ): Promise<Row[]> {
    await this.#turn();
    try {
      await check();
      return await this.#send<Row>(statement, values);
    } finally {
      this.#done();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#limits.readPoolConnectionsMax) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#limits.readsWaitingMax) throw new ReadRefused('OVERLOADED');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the turn to the read that has waited longest. */
  #done(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle();
  }

  async #send<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const runner = this.#dataSource.createQueryRunner();
    try {
      const client = await runner.connect();
      const { rows } = await client.query({ ...statement, values });
      return rows;
    } finally {
      await runner.release().catch(() => {});
    }
  }
}
