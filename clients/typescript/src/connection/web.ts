import { createConnectTransport } from '@connectrpc/connect-web';
import type { Connection } from './connection.js';

/** `fetch`: what HTTP version it speaks is its own affair, and it sends nothing more once an answer has begun. */
export async function openWebConnection(url: string): Promise<Connection> {
  return { transport: createConnectTransport({ baseUrl: url }), isDuplex: false, close: () => {} };
}
