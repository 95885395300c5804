import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

const FRAME_HEADER_BYTES = 9;
const HEADERS_FRAME = 1;

/** A proxy in front of an HTTP/2 port. After the call took effect, it drops chosen answers, along with the connection. */
export class AnswerCutter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #toCut = 0;

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, host);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        // The other side notices the end by "close".
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream);
      upstream.on('data', (bytes: Buffer) => {
        if (this.#toCut > 0 && hasHeaders(bytes)) {
          this.#toCut--;
          client.destroy();
        } else {
          client.write(bytes);
        }
      });
    });
  }

  static async start(address: string): Promise<AnswerCutter> {
    const { hostname, port } = new URL(`http://${address}`);
    const cutter = new AnswerCutter(hostname, Number(port));
    cutter.#server.listen(0, '127.0.0.1');
    await once(cutter.#server, 'listening');
    return cutter;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `127.0.0.1:${address.port}`;
  }

  /** Drops the next `answers` answers. */
  cut(answers: number): void {
    this.#toCut = answers;
  }

  /** How many answers it has yet to drop. */
  get left(): number {
    return this.#toCut;
  }

  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.breakConnections();
  }
}

/** Whether one of the frames that begin here opens an answer. https://httpwg.org/specs/rfc9113.html#FrameHeader */
function hasHeaders(bytes: Buffer): boolean {
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    if (bytes[at + 3] === HEADERS_FRAME) return true;
    at += FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3);
  }
  return false;
}
