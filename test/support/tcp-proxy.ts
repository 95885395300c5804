import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to the message that a fault waits for:
 * - cut:          it is not forwarded, and the connection breaks
 * - cut after:    it is forwarded, and the connection breaks as soon as the server has answered it
 * - cut at once:  it is forwarded, and the connection breaks without waiting for an answer
 * - swallow:      it is not forwarded, nor is anything after it, in either direction; the connection stays, silent
 * - hush:         it is forwarded, but no answer comes back any more; the connection stays, silent
 */
export type FaultEffect = 'cut' | 'cut after' | 'cut at once' | 'swallow' | 'hush';

interface Fault {
  /** Text in the message, such as COMMIT or the name of a prepared statement. */
  readonly at: string;
  readonly effect: FaultEffect;
  readonly happened: () => void;
}

/**
 * A proxy between a client and PostgreSQL. It understands just enough of the protocol to find the client's messages, and
 * breaks things at chosen ones.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<Pair>();
  #faults: Fault[] = [];
  #down = false;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(databaseUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
    const url = new URL(databaseUrl);
    const proxy = new TcpProxy({ host: url.hostname, port: Number(url.port) });
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    url.hostname = '127.0.0.1';
    url.port = String((proxy.#server.address() as AddressInfo).port);
    return { proxy, url: url.toString() };
  }

  /** The next message with this text meets the fault, whichever connection it is on. Resolves when it has. */
  failNext(at: string, effect: FaultEffect): Promise<void> {
    return new Promise((happened) => this.#faults.push({ at, effect, happened }));
  }

  /** Breaks every connection and takes no new one. */
  goDown(): void {
    this.#down = true;
    for (const pair of this.#pairs) pair.destroy();
  }

  comeBack(): void {
    this.#down = false;
    this.#faults = [];
  }

  async close(): Promise<void> {
    this.goDown();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#down) {
      client.destroy();
      return;
    }
    const pair = new Pair(client, connect(this.#target), (message) => this.#takeFault(message));
    this.#pairs.add(pair);
    client.on('close', () => this.#pairs.delete(pair));
  }

  #takeFault(message: Buffer): FaultEffect | undefined {
    const i = this.#faults.findIndex(({ at }) => message.includes(at));
    if (i < 0) return undefined;
    const [fault] = this.#faults.splice(i, 1);
    fault!.happened();
    return fault!.effect;
  }
}

/** One connection through the proxy. */
class Pair {
  #unread: Buffer = Buffer.alloc(0);
  /** The first message has no type byte. */
  #started = false;
  #state: 'open' | 'cut at answer' | 'hushed' | 'swallowing' = 'open';

  readonly #client: Socket;
  readonly #server: Socket;
  readonly #faultFor: (message: Buffer) => FaultEffect | undefined;

  constructor(client: Socket, server: Socket, faultFor: (message: Buffer) => FaultEffect | undefined) {
    this.#client = client;
    this.#server = server;
    this.#faultFor = faultFor;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk) => this.#fromClient(chunk));
    server.on('data', (chunk) => this.#fromServer(chunk));
    for (const socket of [client, server]) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #fromClient(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let message = this.#nextMessage(); message !== undefined; message = this.#nextMessage()) {
      if (this.#state === 'swallowing') continue;
      const effect = this.#state === 'open' ? this.#faultFor(message) : undefined;
      if (effect === 'cut') {
        // What was sent before still arrives.
        this.#server.end();
        this.#client.destroy();
        return;
      }
      if (effect === 'swallow') {
        this.#state = 'swallowing';
        continue;
      }
      if (effect === 'cut at once') {
        this.#server.end(message);
        this.#client.destroy();
        return;
      }
      this.#server.write(message);
      if (effect === 'cut after') this.#state = 'cut at answer';
      if (effect === 'hush') this.#state = 'hushed';
    }
  }

  #fromServer(chunk: Buffer): void {
    if (this.#state === 'open') this.#client.write(chunk);
    // CommandComplete of the COMMIT; answers to what came before it may arrive first.
    else if (this.#state === 'cut at answer' && chunk.includes('COMMIT\0')) this.destroy();
  }

  #nextMessage(): Buffer | undefined {
    const header = this.#started ? 5 : 4;
    if (this.#unread.length < header) return undefined;
    const length = this.#unread.readInt32BE(header - 4) + header - 4;
    if (this.#unread.length < length) return undefined;
    const message = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    this.#started = true;
    return message;
  }
}
