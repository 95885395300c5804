import pg from 'pg';
import { inTime } from '../../timing/in-time.js';
import { clientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';
import { NoServer, READ_STATE, type ServerState } from './servers.js';

export interface WriteProbeOptions {
  readonly url: string;
  /** The limit for connecting, and for each answer. */
  readonly timeoutMs: number;
  /** Asks the database over one of the connections that calls use; returns the rows. */
  readonly askForCalls: (statement: string) => Promise<ServerState[]>;
  /** The new connection goes to another server than the one before, so those of calls may go to the wrong one. */
  readonly onMoved: () => void;
}

/** Why the database cannot be written to. */
export interface Unwritable {
  readonly why: 'a standby' | 'read-only' | 'no primary' | 'disk full' | 'unreachable' | 'does not answer';
  readonly error: unknown;
}

/**
 * The sort does not fit into the memory that it may use, so it is done on disk, and fails when the disk is full.
 * Writing a row might not fail: it may find room in an existing page.
 */
const LOOK = `
  ${READ_STATE};
  SELECT set_config('work_mem', '64kB', true);
  SELECT 1 FROM generate_series(1, 512) AS n ORDER BY repeat('x', 1000) || n OFFSET 511;`;

/** Writes a WAL record that nobody reads. COMMIT waits for the disk and synchronous standbys, as after any change. */
const WRITE = `SELECT pg_logical_emit_message(true, 'holdfast', '');`;

/** One in this many looks also writes, so that an idle service writes hardly any WAL. */
const LOOKS_PER_WRITE = 5;

const DISK_FULL = '53100';

/**
 * Finds out whether the database can be written to. It has a connection of its own, so it does not wait for one, and
 * still has it when the server has none left. If it has lost its connection and cannot get another, it asks over a
 * connection that calls use: as long as calls have one, they succeed.
 */
export class WriteProbe {
  readonly #options: WriteProbeOptions;
  readonly #config: ReturnType<typeof clientConfig>;
  #client: PoolClient | undefined;
  /** The server of the last connection. */
  #server: string | undefined;
  #looks = 0;
  #failed = false;
  #closed = false;

  constructor(options: WriteProbeOptions) {
    this.#options = options;
    const { url, timeoutMs } = options;
    this.#config = clientConfig(url, { connectTimeoutMs: timeoutMs, readOnly: false, options: [] });
  }

  /** Returns why the database cannot be written to; undefined: it can. */
  async ask(): Promise<Unwritable | undefined> {
    const found = await this.#ask();
    this.#failed = found !== undefined;
    return found;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => {});
  }

  async #ask(): Promise<Unwritable | undefined> {
    let client: PoolClient;
    try {
      client = this.#client ?? (await this.#connect());
    } catch (error) {
      const unreachable = (): Unwritable => ({ why: 'unreachable', error });
      // All servers were asked, and none of them can be written to.
      if (error instanceof NoServer && !error.isFull) return { why: 'no primary', error };
      const { askForCalls, timeoutMs } = this.#options;
      const asked = askForCalls(READ_STATE).then(([state]) => judged(state!), unreachable);
      return inTime(timeoutMs, asked, unreachable);
    }
    try {
      const [looked]: { rows: ServerState[] }[] = await client.query(LOOK);
      const fault = judged(looked!.rows[0]!);
      if (fault !== undefined) this.#drop(client);
      // After a failure, every look writes: only a successful write ends the failure.
      else if (this.#failed || this.#looks++ % LOOKS_PER_WRITE === 0) await client.query(WRITE);
      return fault;
    } catch (error) {
      if (isDiskFull(error)) return { why: 'disk full', error };
      this.#drop(client);
      return { why: 'does not answer', error };
    }
  }

  async #connect(): Promise<PoolClient> {
    const { timeoutMs } = this.#options;
    const client = new PoolClient({
      ...this.#config,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      application_name: 'holdfast-readiness',
      keepAlive: true,
    });
    client.on('end', () => this.#drop(client));
    await client.connect();
    if (this.#closed) await client.end().catch(() => {});
    this.#client = client;
    const server = `${client.host}:${client.port}`;
    const hasMoved = this.#server !== undefined && this.#server !== server;
    this.#server = server;
    if (hasMoved && this.#config.servers.isParticular) this.#options.onMoved();
    return client;
  }

  /** The next look may find another server. */
  #drop(client: PoolClient): void {
    if (this.#client === client) this.#client = undefined;
    client.end().catch(() => {});
  }
}

function judged({ standby, read_only }: ServerState): Unwritable | undefined {
  if (!standby && !read_only) return undefined;
  const why = standby ? 'a standby' : 'read-only';
  return { why, error: new Error(`the server is ${why}`) };
}

function isDiskFull(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === DISK_FULL;
}
