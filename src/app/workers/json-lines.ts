import type { Socket } from 'node:net';

const LINE_END = 0x0a;

/**
 * Sends values in both directions on one connection between two of our processes. Values that are sent in one turn of
 * the event loop leave in one line, and are received in one turn.
 */
export class JsonLines<Out, In> {
  readonly #socket: Socket;
  readonly #onValues: (values: readonly In[]) => void;
  #unsent: Out[] = [];
  /** The beginning of a line whose end has not arrived. */
  #begun: Buffer[] = [];

  constructor(socket: Socket, onValues: (values: readonly In[]) => void) {
    this.#socket = socket;
    this.#onValues = onValues;
    // The other process has ended. Other code notices that.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  send(value: Out): void {
    if (this.#unsent.length === 0) setImmediate(() => this.#flush());
    this.#unsent.push(value);
  }

  #flush(): void {
    const values = this.#unsent;
    this.#unsent = [];
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(values)}\n`);
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      const line = Buffer.concat([...this.#begun, chunk.subarray(start, end)]);
      this.#begun = [];
      start = end + 1;
      this.#onValues(JSON.parse(line.toString()));
    }
    if (start < chunk.length) this.#begun.push(chunk.subarray(start));
  }
}
