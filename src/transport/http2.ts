import type { Http2Session, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { BoxedMap } from '../collections/boxed-map.js';
import { ShortList } from '../collections/short-list.js';
import type { Certificates } from '../config.js';

/** Maximum size of all headers of a call, as HTTP/2 counts them; clients are told. */
export const HEADERS_BYTES_MAX = 65_536;

/** The same for their number, by default of node:http2. */
export const HEADERS_MAX = 128;

/**
 * Options that both ports pass to node:http2. By default, the library silently drops a header whose value has a space
 * at either end. Since Node 22.17 and 24.2 it can pass the header on, so that the service can refuse it.
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
 * Whether node:http2 has silently given a session up: after a header that it cannot unpack (for example one over 64
 * KiB), it writes GOAWAY and stops reading, but leaves the connection open while the client waits for its answer. No
 * public API shows it; the handle does where it has this method, as in Node 20 to 24.
 */
export function isBroken(session: Http2Session): boolean {
  if (session.closed || session.destroyed) return false;
  return inside<Handle>(session, 'kHandle')?.hasPendingData?.() === false;
}

/**
 * Makes a new session easy on the garbage collector. node:http2 has its streams in a Map, and for that reason alone every call
 * was promoted under load (see Roster). It also adds each stream of a server to a Set and takes it out at once, and each time
 * the Set made itself a table in the old generation. Where a session has no such Map or Set, nothing changes.
 */
export function lightenSession(session: ServerHttp2Session): void {
  const state = inside<SessionState>(session, 'state');
  // Node's own kinds, which are not instances of Map and Set.
  if (state?.streams?.size === 0) state.streams = new BoxedMap();
  if (state?.pendingStreams?.size === 0) state.pendingStreams = new ShortList();
}

interface SessionState {
  streams?: Map<number, ServerHttp2Stream>;
  pendingStreams?: ShortList<ServerHttp2Stream>;
}

/** A private part of a session. */
function inside<T>(session: Http2Session, name: string): T | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === name);
  return key && (session as unknown as Record<symbol, T | undefined>)[key];
}

/** How long a client may take to hang up once everything has been sent. */
const HANG_UP_MS = 1000;

/**
 * Cuts a connection whose client does not hang up. A closed node:http2 session ends its side, then waits forever for
 * the client to end the other: the session's `close` is the socket's, and destroying it again does nothing.
 */
export function cutAfterEnd(socket: Socket): void {
  socket.once('finish', () => {
    const cut = setTimeout(() => socket.destroy(), HANG_UP_MS).unref();
    socket.once('close', () => clearTimeout(cut));
  });
}

/** What a listening server takes for the connections to come. */
export function secureContextOf({ cert, key, clientCa }: Certificates): SecureContextOptions {
  return { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}
