import { connect, type Socket } from 'node:net';
import { refusalOf } from './refusal.js';
import type { Figures, ReserveCall } from './reserve.js';
import type { Answer, Sender } from './sender.js';

/**
 * REST over kept-alive HTTP/1.1, one connection for each call in flight, with requests written and responses read
 * by hand for the same reason as in the gRPC sender.
 */
export class RestSender implements Sender<ReserveCall, Figures> {
  readonly #addresses: readonly string[];
  readonly #head: string;
  readonly #onError: (error: Error) => void;
  readonly #idle: Connection[] = [];
  readonly #all: Connection[] = [];

  constructor(
    addresses: readonly string[],
    headers: Readonly<Record<string, string>>,
    onError: (error: Error) => void,
  ) {
    this.#addresses = addresses;
    this.#onError = onError;
    const lines = Object.entries({ host: addresses[0]!, 'content-type': 'application/json', ...headers });
    this.#head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  send(call: ReserveCall, done: (answer: Answer<Figures>) => void): void {
    const connection = this.#idle.pop() ?? this.#open();
    const body = `{"qty":1,"reference":"${call.reference}"}`;
    const key = call.idempotencyKey === undefined ? '' : `idempotency-key: ${call.idempotencyKey}\r\n`;
    const request =
      `PATCH /v1/inventory/${call.id}/reserve HTTP/1.1\r\n${this.#head}${key}` +
      `content-length: ${body.length}\r\n\r\n${body}`;
    connection.exchange(request, (status, text) => {
      this.#idle.push(connection);
      done(read(status, text));
    });
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Connection {
    const address = this.#addresses[this.#all.length % this.#addresses.length]!;
    const connection = new Connection(address, this.#onError);
    this.#all.push(connection);
    return connection;
  }
}

/** One request at a time; understands responses with a content-length, which is what every side sends. */
class Connection {
  readonly #socket: Socket;
  #received = '';
  #done: ((status: number, body: string) => void) | undefined;

  constructor(address: string, onError: (error: Error) => void) {
    const [host, port] = address.split(':');
    this.#socket = connect(Number(port), host!);
    this.#socket.setNoDelay(true);
    // ASCII only: the bodies hold ids and numbers.
    this.#socket.setEncoding('latin1');
    this.#socket.on('error', onError);
    this.#socket.on('close', () => {
      if (this.#done !== undefined) onError(new Error('the server closed a connection without an answer'));
    });
    this.#socket.on('data', (text: string) => this.#read(text, onError));
  }

  exchange(request: string, done: (status: number, body: string) => void): void {
    this.#done = done;
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #read(text: string, onError: (error: Error) => void): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const body = this.#received.slice(headEnd + 4);
    if (body.length < Number(length)) return;
    if (body.length !== Number(length)) {
      onError(new Error(`not one response with its content-length:\n${this.#received}`));
      return;
    }
    const done = this.#done!;
    this.#done = undefined;
    this.#received = '';
    done(Number(head.slice(9, 12)), body);
  }
}

interface Envelope {
  readonly status?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly data?: Figures;
}

function read(status: number, text: string): Answer<Figures> {
  const body: Envelope = JSON.parse(text);
  if (status === 200 && body.status === true && body.data !== undefined) {
    return { ok: true, granted: body.data };
  }
  const insufficient = status === 400 && body.code === 'INSUFFICIENT_STOCK';
  return { ok: false, insufficient, refusal: refusalOf(body.message ?? ''), text: `${status} ${text}` };
}
