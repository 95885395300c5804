import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestListener } from '../request-listener.js';

/** Requests of one connection that may wait for their turn; a client that sends more is cut off. */
const WAITING_REQUESTS_MAX = 100;

const WAITING = Symbol('requests waiting');
const CURRENT = Symbol('request in progress');
const AFTERWARDS = Symbol('what waits for the last answer');

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A connection with a request in progress has a list of those queued behind it, in order of arrival. */
interface Connection extends Socket {
  [WAITING]?: Exchange[] | undefined;
  [CURRENT]?: Exchange | undefined;
  [AFTERWARDS]?: () => void;
}

/** The list that nearly every connection has: created once, never changed. */
const NONE: Exchange[] = [];

/**
 * Answers the requests of an HTTP/1.1 connection one after the other.
 *
 * Purpose: a pipelined request must not overtake one that changes something (RFC 9112, 9.3.2), must not be processed
 * after an answer that closes the connection (9.6), and, if the connection dies, must not count as in progress:
 * `node:http` never closes a response that still waits for its turn. Trade-off: requests pipelined on one connection do
 * not share a batch.
 */
export function oneAtATime(listener: RequestListener): RequestListener {
  function begin(socket: Connection, exchange: Exchange): void {
    const { request, response } = exchange;
    socket[CURRENT] = exchange;
    response.on('close', () => {
      const following = socket.writable ? socket[WAITING]?.shift() : undefined;
      if (following !== undefined) begin(socket, following);
      else {
        socket[WAITING] = undefined;
        socket[CURRENT] = undefined;
        socket[AFTERWARDS]?.();
      }
    });
    listener(request, response);
  }
  return (request, response) => {
    // HTTP/2 streams are independent.
    if (request.httpVersionMajor !== 1) return listener(request, response);
    const socket = request.socket as Connection;
    const waiting = socket[WAITING];
    if (waiting === NONE) socket[WAITING] = [{ request, response }];
    else if (waiting !== undefined) {
      if (waiting.length < WAITING_REQUESTS_MAX) waiting.push({ request, response });
      else socket.destroy();
    } else if (socket.writable) {
      socket[WAITING] = NONE;
      begin(socket, { request, response });
    }
  };
}

/** The exchange in progress on an HTTP/1.1 connection, if any. */
export function inProgress(socket: Connection): Exchange | undefined {
  return socket[CURRENT];
}

/** Calls `done` once nothing is in progress on a busy connection. */
export function afterAnswers(socket: Connection, done: () => void): void {
  socket[AFTERWARDS] = done;
}
