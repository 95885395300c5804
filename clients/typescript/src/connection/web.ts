import { createConnectTransport } from '@connectrpc/connect-web';
import type { Connection } from './connection.js';

/** `fetch` chooses the HTTP version by itself, and sends nothing more once an answer has begun. */
export async function openWebConnection(url: string): Promise<Connection> {
  return { transport: createConnectTransport({ baseUrl: url }), isDuplex: false, close: () => {} };
}
