import type { PoolClientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';

export interface PooledClientConfig extends PoolClientConfig {
  /** The statements that give a transaction its settings. */
  readonly sessionSettings: string;
  readonly keepsStatements: boolean;
}

/**
 * A connection through a pooler, which gives each transaction to another connection of the server. So nothing may
 * outlast a transaction: settings come with its beginning, in the same message, and a single statement gets a
 * transaction around it. Statements have names only if the pooler supports prepared statements.
 */
export class PooledClient extends PoolClient {
  readonly #settings: string;
  readonly #keepsStatements: boolean;
  #inTransaction = false;

  constructor(config: PooledClientConfig) {
    super(config);
    this.#settings = config.sessionSettings;
    this.#keepsStatements = config.keepsStatements;
  }

  // biome-ignore lint/suspicious/noExplicitAny: all of the driver's overloads are passed on.
  override query(...statement: any[]): any {
    const [first, ...rest] = statement;
    const sent = this.#keepsStatements || typeof first === 'string' ? first : { ...first, name: undefined };
    const text: string = typeof first === 'string' ? first : first.text;
    if (/^(?:BEGIN|START TRANSACTION)\b/.test(text)) {
      this.#inTransaction = true;
      return super.query(`${text}; ${this.#settings}`);
    }
    if (!this.#inTransaction) return this.#alone(sent, rest);
    if (/^(?:COMMIT|ROLLBACK)$/.test(text)) this.#inTransaction = false;
    return super.query(sent, ...rest);
  }

  async #alone(statement: unknown, rest: unknown[]): Promise<unknown> {
    const all: Promise<unknown>[] = [
      super.query(`BEGIN; ${this.#settings}`),
      super.query(statement, ...rest),
      super.query('COMMIT'),
    ];
    // The answer to COMMIT ends it, whatever failed before: the next statement must not overtake it.
    await Promise.allSettled(all);
    const [, answer] = await Promise.all(all);
    return answer;
  }
}
