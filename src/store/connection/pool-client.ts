import type { Socket } from 'node:net';
import pg from 'pg';

/**
 * A connection that sends statements together, and whose loss never ends the process.
 *
 * The driver makes a system call for each statement, which took a third of a small batch's processor time. Here the
 * socket collects all that one turn of the event loop writes.
 *
 * The driver reports a lost connection to those who wait for an answer, and also as an event. An `error` event without
 * a listener ends a Node process. Pool and TypeORM both listen, but for a moment, while one passes the connection to
 * the other, neither does. A connection that broke then fails its next statement, and the pool drops it.
 */
export class PoolClient extends pg.Client {
  /** The socket collects until the turn's microtasks have run. */
  #collecting = false;
  #onHandedOver: (() => void) | undefined;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }

  /** Resolves once the next statement has taken its place in the order of sending. */
  nextHandedOver(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHandedOver = resolve;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: all of the driver's overloads are passed on.
  override query(...statement: any[]): any {
    this.#collect();
    const answer = (super.query as (...statement: unknown[]) => unknown)(...statement);
    this.#onHandedOver?.();
    this.#onHandedOver = undefined;
    return answer;
  }

  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    const { stream } = (this as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.#collecting = false;
      stream.uncork();
    });
  }
}
