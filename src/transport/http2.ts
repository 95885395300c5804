import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** The most that all headers of a call may have together, as HTTP/2 counts them; clients are told. */
export const HEADERS_BYTES_MAX = 65_536;

/**
 * What both ports ask of node:http2. A blank at an end of a header's value would make the library drop the header
 * without a word; from Node 22.17 and 24.2 on it can be told to hand it on, so that the service can refuse it.
 */
export const http2Options = {
  settings: { maxHeaderListSize: HEADERS_BYTES_MAX },
  strictFieldWhitespaceValidation: false,
};

/** As HTTP/2 counts them (RFC 9113, 6.5.2). */
export function headersBytes(rawHeaders: readonly string[]): number {
  let bytes = rawHeaders.length * 16;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}

interface Handle {
  hasPendingData(): boolean;
}

/**
 * Whether node:http2 has given a session up without telling anybody: after a header that it cannot unpack (one
 * over 64 KiB, say) it writes GOAWAY, stops reading, and leaves the connection open, on which the client then waits
 * for its answer. Nothing public shows it; the handle says so where it has this method, as in Node 20 to 24.
 */
export function isBroken(session: Http2Session): boolean {
  if (session.closed || session.destroyed) return false;
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  const handle = (session as unknown as Record<symbol, Handle | undefined>)[key as symbol];
  return handle?.hasPendingData?.() === false;
}

/** How long a client may take to hang up, when all has been said to it. */
const HANG_UP_MS = 1000;

/**
 * Cuts a connection whose client does not hang up. A session of node:http2 that has closed ends its side, and then waits
 * for the client to end the other, for ever: the session's `close` is that of its socket, and to destroy it again does
 * nothing.
 */
export function cutAfterEnd(socket: Socket): void {
  socket.once('finish', () => {
    const cut = setTimeout(() => socket.destroy(), HANG_UP_MS).unref();
    socket.once('close', () => clearTimeout(cut));
  });
}
