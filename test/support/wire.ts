import { connect } from 'node:net';

/** The answer on a socket, read as HTTP/1.1. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends bytes as they are, each part in a packet of its own, and reads until the server closes the connection.
 * For what no HTTP client would send.
 */
export function exchange(httpUrl: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(httpUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close while we still write; its answer before that counts.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    socket.on('connect', async () => {
      for (const part of parts) {
        if (socket.destroyed) return;
        await new Promise<void>((written) => socket.write(part, () => written()));
        // Waits for a turn of the event loop, so that the parts do not travel together.
        await new Promise((turn) => setImmediate(turn));
      }
    });
  });
}

/** The responses in a text, by their Content-Length or their chunks. */
export function readResponses(text: string): WireResponse[] {
  const responses: WireResponse[] = [];
  for (let rest = text; rest !== ''; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const after = rest.slice(headEnd + 4);
    const length = Number(headers['content-length'] ?? 0);
    const body =
      headers['transfer-encoding'] === 'chunked'
        ? readChunks(after)
        : { content: after.slice(0, length), rest: after.slice(length) };
    const status = Number(statusLine.split(' ')[1]);
    responses.push({ status, headers, body: Buffer.from(body.content, 'latin1').toString() });
    rest = body.rest;
  }
  return responses;
}

function readChunks(text: string): { content: string; rest: string } {
  let content = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const length = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(length > 0)) return { content, rest: text.slice(lineEnd + 4) };
    content += text.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 2 + length + 2;
  }
}
