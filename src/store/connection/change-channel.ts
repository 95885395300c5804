import { randomUUID } from 'node:crypto';
import { PoolClient } from './pool-client.js';

const CHANNEL = 'holdfast_changes';
/** The server takes 8,000 bytes less one. */
const PAYLOAD_BYTES_MAX = 7900;
/** More than a payload holds, however short their ids; so the next one names nobody, and no more need be kept. */
const UNSENT_MAX = PAYLOAD_BYTES_MAX / 4 + 1;

export interface ChangeChannelOptions {
  readonly url: string;
  /** For a connection to stand, and for each answer on it. */
  readonly connectTimeoutMs: number;
  /** From the loss of a connection to the next attempt. */
  readonly reconnectIntervalMs: number;
  /** Another process has changed a merchant's stock; undefined: it is not known whose. */
  readonly onChange: (merchantId: string | undefined) => void;
  readonly onError: (error: Error) => void;
}

/**
 * LISTEN and NOTIFY on a connection of its own: news between the processes of one database that some merchant's stock
 * has changed.
 *
 * Only a wake-up call. What is sent while the connection is down is lost, and whoever waits for it looks by itself
 * from time to time. A NOTIFY is a transaction with a COMMIT of its own, so that writers' transactions do not queue
 * for the one lock that the server has for notifications, and it does not wait for the disk.
 */
export class ChangeChannel {
  /** Tells our own news from others'. */
  readonly #self = randomUUID();
  /** From its first attempt until it is lost; there is never a second one. */
  #client: PoolClient | undefined;
  #listening = false;
  /** Merchants to tell of, while a NOTIFY is on its way. */
  readonly #unsent = new Set<string>();
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  readonly #options: ChangeChannelOptions;

  constructor(options: ChangeChannelOptions) {
    this.#options = options;
  }

  /** Begins to listen, now or as soon as the database lets it. */
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

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const { url, connectTimeoutMs, onError } = this.#options;
    const client = new PoolClient({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      // A connection that does not answer any more is given up.
      query_timeout: connectTimeoutMs,
      application_name: 'holdfast-changes',
      keepAlive: true,
      options: '-c synchronous_commit=off',
    });
    this.#client = client;
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.#client !== client || this.#closed) return;
      this.#listening = true;
      // Whatever was said until now.
      this.#options.onChange(undefined);
    } catch (error) {
      if (!this.#closed) onError(error as Error);
      client.end().catch(() => {});
      this.#lost(client);
    }
  }

  /** Comes twice for a connection that failed before it stood. */
  #lost(client: PoolClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#listening = false;
    this.#unsent.clear();
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#options.reconnectIntervalMs).unref();
  }

  /** One NOTIFY at a time: what comes meanwhile goes with the next. */
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

/** Anybody may write on a channel; what is no list of ours says only that something changed. */
function parsePayload(payload: string): string[] {
  try {
    const parsed: unknown = JSON.parse(payload);
    return Array.isArray(parsed) && parsed.every((part) => typeof part === 'string') ? parsed : [];
  } catch {
    return [];
  }
}
