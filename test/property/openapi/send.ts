import { Agent, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Exchange } from '../../support/openapi/exchange.js';
import type { Sent } from './parts.js';

/** Sends requests unchanged, unlike `fetch`, over one connection at a time. */
export class Sender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  readonly #httpUrl: string;

  constructor(httpUrl: string) {
    this.#httpUrl = httpUrl;
  }

  /** The answer of a stream is the first data that comes. */
  send(sent: Sent): Promise<Exchange> {
    const { hostname, port } = new URL(this.#httpUrl);
    const { method } = sent.parts;
    const length = sent.bytes === undefined ? {} : { 'content-length': String(sent.bytes.length) };
    const headers = { ...sent.headers, ...length };
    return new Promise((resolve, reject) => {
      const sending = request({ agent: this.#agent, hostname, port, method, path: sent.target, headers });
      sending.on('error', reject);
      sending.on('response', (response) => {
        const streams =
          /ndjson|event-stream/.test(response.headers['content-type'] ?? '') && method !== 'HEAD';
        const done = (body: string): void => resolve(exchange(sent, response, body));
        if (streams) {
          response.once('data', (chunk: Buffer) => {
            const text = chunk.toString();
            sending.destroy();
            done(text.slice(0, text.lastIndexOf('\n') + 1));
          });
          return;
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const packed = response.headers['content-encoding'] === 'gzip' && method !== 'HEAD';
          done((packed ? gunzipSync(bytes) : bytes).toString());
        });
      });
      sending.end(sent.bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function exchange(sent: Sent, { statusCode, headers }: IncomingMessage, responseBody: string): Exchange {
  return {
    method: sent.parts.method,
    target: sent.target,
    requestHeaders: sent.headers,
    requestBody: sent.reading,
    status: statusCode!,
    responseHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    responseBody,
  };
}
