import pg from 'pg';
import type { DatabaseHost, DatabaseTarget, SessionAttributes } from '../../database-target.js';
import { inTime } from '../../timing/in-time.js';

export interface ServersOptions {
  readonly target: DatabaseTarget;
  /** How to log in, without a host. */
  readonly login: pg.ClientConfig;
  readonly connectTimeoutMs: number;
  /** The pool's connections are read-only by their own settings, whatever the server is. */
  readonly readOnly: boolean;
}

/** A connection that can be asked, and cut. */
export interface ServerConnection {
  query(text: string): Promise<{ rows: ServerState[] }>;
  cut(error: Error): void;
}

/** None of the servers is both reachable and wanted. The code is the SQLSTATE of a failed connection. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
  readonly code = '08001';
  constructor(
    message: string,
    /** One of them has no connection left, and may be the wanted one. */
    readonly isFull = false,
  ) {
    super(message);
  }
}

export interface ServerState {
  readonly standby: boolean;
  readonly read_only: boolean;
}

interface Answer {
  readonly host: DatabaseHost;
  readonly state: ServerState | undefined;
  /** Why it is not used. */
  readonly fault: string;
  readonly isFull: boolean;
}

export const READ_STATE = `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only`;

/** A server that has not answered after this long does not keep the next one from being asked. */
const HEAD_START_MS = 300;
/** A server that has answered somebody within this time is not silent. */
const ANSWERS_MS = 1000;
/** The wait between a failed search and the next, so that callers do not keep all servers busy with logins. */
const PAUSE_MS = 100;

const TOO_MANY_CONNECTIONS = '53300';

/**
 * Which of several servers the connections of one pool go to: the driver knows only one.
 *
 * Purpose: after a failover, connections find the new primary by themselves. A server that was found is used until a
 * connection to it fails, or shows that it is not the wanted one; then all are asked, in order. If there is only one
 * server, and any will do, none is asked.
 *
 * If a connection finds its server read-only, or the server no longer answers any, all connections of its pool are ended:
 * they go to the same server, and each would fail another call.
 */
export class Servers {
  readonly #options: ServersOptions;
  readonly #connections = new Set<ServerConnection>();
  #found: DatabaseHost | undefined;
  #search: Promise<DatabaseHost> | undefined;
  #failure: { readonly error: NoServer; readonly atMs: number } | undefined;
  /** When the server last answered one of the connections, by the monotonic clock. */
  answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ServersOptions) {
    this.#options = options;
    const { hosts, session } = options.target;
    if (hosts.length === 1 && session === 'any') this.#found = hosts[0];
  }

  get readOnly(): boolean {
    return this.#options.readOnly;
  }

  /** Whether only some of the servers will do. */
  get isParticular(): boolean {
    return this.#options.target.session !== 'any';
  }

  /** Throws NoServer. */
  async find(): Promise<DatabaseHost> {
    if (this.#found !== undefined) return this.#found;
    if (this.#failure !== undefined && performance.now() - this.#failure.atMs < PAUSE_MS) {
      throw this.#failure.error;
    }
    this.#search ??= this.#look().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  /** Takes in a new connection. Throws NoServer if its server is no longer the wanted one. */
  async admit(connection: ServerConnection): Promise<void> {
    const { readOnly, target } = this.#options;
    if (this.#isChoice() && target.session !== 'any' && target.session !== 'prefer-standby') {
      const { rows } = await connection.query(READ_STATE);
      const state = rows[0]!;
      const wanted = readOnly && target.session === 'read-write' ? 'primary' : target.session;
      if (!fits(state, wanted)) {
        this.forget();
        throw new NoServer(`the server is ${described(state)}`);
      }
    }
    this.#connections.add(connection);
  }

  left(connection: ServerConnection): void {
    this.#connections.delete(connection);
  }

  /** The next connection looks for the server again. */
  forget(): void {
    if (this.#isChoice()) this.#found = undefined;
  }

  /**
   * A connection has had no answer for as long as it may wait. If the server answers others, that is this connection's
   * trouble alone: a cluster's node, say, that others do not ask.
   */
  unanswered(connection: ServerConnection): void {
    const why = 'the server does not answer';
    if (performance.now() - this.answeredAtMs > ANSWERS_MS) this.cutAll(why);
    else connection.cut(terminated(why));
  }

  cutAll(why: string): void {
    this.forget();
    for (const connection of this.#connections) connection.cut(terminated(why));
    this.#connections.clear();
  }

  #isChoice(): boolean {
    const { hosts, session } = this.#options.target;
    return hosts.length > 1 || session !== 'any';
  }

  async #look(): Promise<DatabaseHost> {
    const { hosts, session } = this.#options.target;
    const asked: Promise<Answer>[] = [];
    const wanted = session === 'prefer-standby' ? 'standby' : session;
    for (const host of hosts) {
      asked.push(this.#ask(host));
      const found = await inTime(HEAD_START_MS, firstThatFits(asked, wanted), () => undefined);
      if (found !== undefined) return this.#take(found);
    }
    const found = await firstThatFits(asked, wanted);
    if (found !== undefined) return this.#take(found);
    const answers = await Promise.all(asked);
    const second =
      session === 'prefer-standby' ? answers.find(({ state }) => state !== undefined) : undefined;
    if (second !== undefined) return this.#take(second.host);
    const error = new NoServer(
      `no server is ${session === 'any' ? 'reachable' : session}: ${answers.map(({ fault }) => fault).join('; ')}`,
      answers.some(({ isFull }) => isFull),
    );
    this.#failure = { error, atMs: performance.now() };
    throw error;
  }

  #take(host: DatabaseHost): DatabaseHost {
    this.#failure = undefined;
    this.#found = host;
    return host;
  }

  async #ask(host: DatabaseHost): Promise<Answer> {
    const { login, connectTimeoutMs } = this.#options;
    const shown = `${host.host ?? 'localhost'}:${host.port ?? 5432}`;
    const client = new pg.Client({
      ...login,
      ...givenHost(host),
      application_name: 'holdfast-search',
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: connectTimeoutMs,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<ServerState>(READ_STATE);
      return { host, state: rows[0], fault: `${shown} is ${described(rows[0]!)}`, isFull: false };
    } catch (error) {
      const fault = `${shown}: ${error instanceof Error ? error.message : error}`;
      const isFull = error instanceof pg.DatabaseError && error.code === TOO_MANY_CONNECTIONS;
      return { host, state: undefined, fault, isFull };
    } finally {
      client.end().catch(() => {});
    }
  }
}

/** The host in the driver's form. What is not given is left to the driver's defaults. */
export function givenHost({ host, port }: DatabaseHost): Pick<pg.ClientConfig, 'host' | 'port'> {
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
}

function fits({ standby, read_only: readOnly }: ServerState, wanted: SessionAttributes): boolean {
  switch (wanted) {
    case 'any':
    case 'prefer-standby':
      return true;
    case 'read-write':
      return !standby && !readOnly;
    case 'read-only':
      return standby || readOnly;
    case 'primary':
      return !standby;
    case 'standby':
      return standby;
  }
}

function described({ standby, read_only: readOnly }: ServerState): string {
  if (standby) return 'a standby';
  return readOnly ? 'read-only' : 'a primary';
}

/** The first server to answer that fits, not the first that was asked; undefined if none of them fits. */
function firstThatFits(
  asked: readonly Promise<Answer>[],
  wanted: SessionAttributes,
): Promise<DatabaseHost | undefined> {
  return new Promise((resolve) => {
    let open = asked.length;
    for (const answer of asked) {
      void answer.then(({ host, state }) => {
        open -= 1;
        if (state !== undefined && fits(state, wanted)) resolve(host);
        else if (open === 0) resolve(undefined);
      });
    }
  });
}

/** As the driver reports a lost connection. */
export function terminated(why: string): Error {
  return new Error(`Connection terminated: ${why}`);
}
