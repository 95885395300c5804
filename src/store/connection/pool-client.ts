import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { PoolClientConfig } from './client-config.js';
import { type KnownColumns, type NamedStatement, PreparedQuery } from './prepared-query.js';
import type { ServerConnection, Servers } from './servers.js';

const READ_ONLY = '25006';
const LOCK_NOT_AVAILABLE = '55P03';
/** The driver's message when it gives up waiting for an answer. */
const READ_TIMEOUT = 'Query read timeout';

/**
 * A connection that sends statements together, and whose loss never ends the process.
 *
 * The driver makes a system call for each statement, which took a third of a small batch's processor time. Here, the
 * socket collects everything that one turn of the event loop writes.
 *
 * The driver reports a lost connection to those who wait for an answer, and also as an event. An `error` event without
 * a listener ends a Node process. Pool and TypeORM both listen, but for a moment, while one passes the connection to
 * the other, neither does. A connection that broke then fails its next statement, and the pool drops it.
 */
export class PoolClient extends pg.Client implements ServerConnection {
  readonly #servers: Servers;
  /** The socket is collecting, until the turn's microtasks have run. */
  #collecting = false;
  #onHandedOver: (() => void) | undefined;
  /** Statements without an answer, by name or text, in the order in which they were sent. */
  readonly #unanswered: string[] = [];
  /** Since when the first of them may run: it was sent then, or the one before it was answered. */
  #runsSinceMs = 0;
  #answerTookMs = 0;
  readonly #knownColumns: KnownColumns = new Map();
  /** Called when the server has given up waiting for a lock. */
  onLockGivenUp: () => void = () => {};

  constructor(config: PoolClientConfig) {
    super(config);
    this.#servers = config.servers;
    this.on('error', () => this.#servers.forget());
  }

  /** Connects to the server that is wanted now. */
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): unknown {
    const connected = this.#connect();
    if (callback === undefined) return connected.then(() => this);
    return connected.then(
      () => process.nextTick(callback, null, this),
      (error) => process.nextTick(callback, error),
    );
  }

  async #connect(): Promise<void> {
    const servers = this.#servers;
    const { host, port } = await servers.find();
    if (this.#stream.destroyed) throw new Error('timeout expired');
    if (host !== undefined) this.host = host;
    if (port !== undefined) this.port = port;
    try {
      await super.connect();
      this.#watch(servers);
      await servers.admit(this);
    } catch (error) {
      servers.forget();
      this.end().catch(() => {});
      throw error;
    }
  }

  #watch(servers: Servers): void {
    this.#parts.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code !== READ_ONLY || servers.readOnly) return;
      // The statement that failed gets the server's own error first.
      process.nextTick(() => servers.cutAll('the server is read-only'));
    });
    this.once('end', () => servers.left(this));
  }

  /** Acts at once as if the connection were lost, so that the pool does not pass it on. */
  cut(error: Error): void {
    this.#parts.connection.emit('error', error);
    this.#stream.destroy();
  }

  get #stream(): Socket {
    return this.#parts.connection.stream;
  }

  /** The parts of the driver's client that its types do not show. */
  get #parts(): Parts {
    return this as unknown as Parts;
  }

  /** The pid of the server's process for this connection, or a pooler's number; undefined while there is none. */
  get pid(): number | undefined {
    return this.#parts.processID ?? undefined;
  }

  /** The statement that the server is at, and since when; undefined: it waits for one. */
  get running(): { readonly statement: string; readonly sinceMs: number } | undefined {
    const [statement] = this.#unanswered;
    return statement === undefined ? undefined : { statement, sinceMs: this.#runsSinceMs };
  }

  /** How long the last answered statement took by itself, without those in front of it. */
  get answerTookMs(): number {
    return this.#answerTookMs;
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
    const answer = isNamed(statement[0])
      ? this.#queryPrepared(statement[0])
      : (super.query as (...statement: unknown[]) => unknown)(...statement);
    this.#onHandedOver?.();
    this.#onHandedOver = undefined;
    if (answer instanceof Promise) {
      if (this.#unanswered.length === 0) this.#runsSinceMs = performance.now();
      this.#unanswered.push(nameOf(statement[0]));
      answer.then(this.#onAnswer, this.#onFailure);
    }
    return answer;
  }

  #queryPrepared(statement: NamedStatement): Promise<{ rows: unknown[] }> {
    return new Promise((resolve, reject) => {
      const query = new PreparedQuery(statement, this.#knownColumns, (error, rows) => {
        if (error) reject(error);
        else resolve({ rows });
      });
      super.query(query);
    });
  }

  readonly #onAnswer = (): void => {
    this.#servers.answeredAtMs = this.#onEnd();
  };

  /** Returns the time. */
  #onEnd(): number {
    const nowMs = performance.now();
    this.#unanswered.shift();
    this.#answerTookMs = nowMs - this.#runsSinceMs;
    this.#runsSinceMs = nowMs;
    return nowMs;
  }

  readonly #onFailure = (error: Error): void => {
    this.#onEnd();
    if (error.message === READ_TIMEOUT) this.#servers.unanswered(this);
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) this.onLockGivenUp();
  };

  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    const stream = this.#stream;
    stream.cork();
    process.nextTick(() => {
      this.#collecting = false;
      stream.uncork();
    });
  }
}

/** The parts of the driver's client that it has no types for. */
interface Parts {
  readonly connection: EventEmitter & { readonly stream: Socket };
  readonly processID: number | null;
}

function isNamed(statement: unknown): statement is NamedStatement {
  return (
    typeof statement === 'object' && statement !== null && 'name' in statement && Boolean(statement.name)
  );
}

function nameOf(statement: string | { readonly name?: string; readonly text: string }): string {
  return typeof statement === 'string' ? statement : statement.name || statement.text;
}
