import type { Socket } from 'node:net';
import pg from 'pg';

/**
 * A connection as the engine wants it: its statements leave together, and its loss never ends the process.
 *
 * The driver makes a system call for each statement, and these were a third of a small batch's processor time; here
 * the socket collects what one turn of the event loop has to say.
 *
 * The driver tells the loss to whoever waits for an answer, and besides as an event; an event that nobody hears
 * ends a Node process. Pool and TypeORM both listen, but between the two, while one hands the connection to the
 * other, for a moment neither does. A connection that broke then fails its next statement, and the pool drops it.
 */
export class PoolClient extends pg.Client {
  /** The socket collects, until the turn's microtasks have run. */
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

  // The driver's overloads say nothing that this would not pass on.
  // biome-ignore lint/suspicious/noExplicitAny: see above
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
