import pg from 'pg';

/**
 * A connection whose loss never ends the process.
 *
 * The driver tells the loss to whoever waits for an answer, and besides as an event; an event that nobody hears
 * ends a Node process. Pool and TypeORM both listen, but between the two, while one hands the connection to the
 * other, for a moment neither does. A connection that broke then fails its next statement, and the pool drops it.
 */
export class PoolClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}
