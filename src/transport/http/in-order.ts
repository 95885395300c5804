import type { Socket } from 'node:net';
import type { RequestListener } from './request-listener.js';

/** Requests of one connection that may wait for their turn; a client that sends more is cut off. */
const WAITING_REQUESTS_MAX = 100;

/**
 * Answers the requests of an HTTP/1.1 connection one after the other.
 *
 * Purpose: a pipelined request must not overtake one that changes something (RFC 9112, 9.3.2), must not be
 * processed after an answer that closes the connection (9.6), and, where the connection dies, must not be taken
 * for one in progress: `node:http` never closes a response that still waits for its turn. Trade-off: requests that
 * are pipelined on one connection do not share a batch.
 */
export function inOrder(listener: RequestListener): RequestListener {
  /** Connections with a request in progress → those behind it, in order of arrival. */
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    // HTTP/2 streams are independent.
    if (request.httpVersionMajor !== 1) return listener(request, response);
    const { socket } = request;
    const next = (): void => {
      const begin = socket.writable ? waiting.get(socket)?.shift() : undefined;
      if (begin === undefined) waiting.delete(socket);
      else begin();
    };
    const begin = (): void => {
      response.once('close', next);
      listener(request, response);
    };
    const queue = waiting.get(socket);
    if (queue !== undefined) {
      if (queue.length < WAITING_REQUESTS_MAX) queue.push(begin);
      else socket.destroy();
    } else if (socket.writable) {
      waiting.set(socket, []);
      begin();
    }
  };
}
