import { randomUUID } from 'node:crypto';
import { clientConfig, type PoolClientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';
import { isBehindPooler } from './pooler.js';

const CHANNEL = 'holdfast_changes';
/** The server accepts less than 8,000 bytes. */
const PAYLOAD_BYTES_MAX = 7900;
/** A payload has no room for more ids, even the shortest. Beyond this, it names nobody, so more need not be kept. */
const UNSENT_MAX = PAYLOAD_BYTES_MAX / 4 + 1;

export interface ChangeChannelOptions {
  readonly url: string;
  /** The limit for connecting, and for each answer. */
  readonly connectTimeoutMs: number;
  /** The wait between the loss of a connection and the next attempt. */
  readonly reconnectIntervalMs: number;
  /** Another process has changed a merchant's stock; undefined when it is not known whose. */
  readonly onChange: (merchantId: string | undefined) => void;
  readonly onError: (error: Error) => void;
  /** Called once if the address leads to a pooler: then nothing is heard or sent. */
  readonly onPooler: () => void;
}

/**
 * LISTEN and NOTIFY on a dedicated connection. They tell the other processes on the same database that a merchant's
 * stock has changed.
 *
 * It is only a wake-up call. What is sent while the connection is down is lost, so those who wait also look from time
 * to time. Each NOTIFY is its own transaction: writers do not queue for the server's single notification lock, and
 * NOTIFY does not wait for the disk.
 */
export class ChangeChannel {
  /** Tells our own messages from others'. */
  readonly #self = randomUUID();
  /** From the first attempt to connect until the connection is lost. There is never a second one. */
  #client: PoolClient | undefined;
  #listening = false;
  /** Merchants to report once the NOTIFY in flight is done. */
  readonly #unsent = new Set<string>();
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  readonly #options: ChangeChannelOptions;
  readonly #config: PoolClientConfig;

  constructor(options: ChangeChannelOptions) {
    this.#options = options;
    const { url, connectTimeoutMs } = options;
    this.#config = clientConfig(url, { connectTimeoutMs, readOnly: false, options: [] });
  }

  /** Starts to listen, now or as soon as the database is reachable. */
  open(): void {
    void this.#connect();
  }

  /** Tells the other processes. Lost while the connection is down. */
  send(merchantIds: readonly string[]): void {
    if (!this.#listening) return;
    for (const merchantId of merchantIds) {
      if (this.#unsent.size < UNSENT_MAX) this.#unsent.add(merchantId);
    }
    if (!this.#sending) void this.#sendAll();
  }

  /** Ends the connection, so that the next one finds the server that is wanted now. */
  renew(why: string): void {
    this.#config.servers.cutAll(why);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const { connectTimeoutMs, onError } = this.#options;
    const client = new PoolClient({
      ...this.#config,
      connectionTimeoutMillis: connectTimeoutMs,
      // A connection that no longer answers is given up.
      query_timeout: connectTimeoutMs,
      application_name: 'holdfast-changes',
      keepAlive: true,
    });
    this.#client = client;
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      // Behind a pooler, LISTEN would stay on a connection that others use next.
      if (await isBehindPooler(client)) {
        this.#closed = true;
        client.end().catch(() => {});
        return this.#options.onPooler();
      }
      await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
      if (this.#client !== client || this.#closed) return;
      this.#listening = true;
      // Changes may have been missed until now.
      this.#options.onChange(undefined);
    } catch (error) {
      if (!this.#closed) onError(error as Error);
      client.end().catch(() => {});
      this.#lost(client);
    }
  }

  /** Called twice for a connection that fails while it is being made. */
  #lost(client: PoolClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#listening = false;
    this.#unsent.clear();
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#options.reconnectIntervalMs).unref();
  }

  /** One NOTIFY at a time: changes in the meantime go out with the next. */
  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let client = this.#client; client !== undefined && this.#unsent.size > 0; client = this.#client) {
      const named = JSON.stringify([this.#self, ...this.#unsent]);
      const payload = Buffer.byteLength(named) <= PAYLOAD_BYTES_MAX ? named : JSON.stringify([this.#self]);
      this.#unsent.clear();
      try {
        await client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]);
      } catch {
        client.end().catch(() => {});
        this.#lost(client);
      }
    }
    this.#sending = false;
  }

  #heard(payload: string): void {
    const [sender, ...merchantIds] = parsePayload(payload);
    if (sender === this.#self) return;
    if (merchantIds.length === 0) this.#options.onChange(undefined);
    for (const merchantId of merchantIds) this.#options.onChange(merchantId);
  }
}

/** Anybody may write to a channel. A payload that is not one of our lists only says that something changed. */
function parsePayload(payload: string): string[] {
  try {
    const parsed: unknown = JSON.parse(payload);
    return Array.isArray(parsed) && parsed.every((part) => typeof part === 'string') ? parsed : [];
  } catch {
    return [];
  }
}
