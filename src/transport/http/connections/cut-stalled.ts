import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';

export type Response = ServerResponse | Http2ServerResponse;

/** The longest interval between checks of a response, in milliseconds. */
const LOOK_INTERVAL_MAX_MS = 1000;

/**
 * Calls `onStall`, which should end the stream, once the reader has left data unread for `stalledMs`. Cuts the response
 * off if the reader does not come back to read why within the same time again. Meanwhile the writer waits for the
 * reader.
 */
export function cutWhenStalled(response: Response, stalledMs: number, onStall: () => void): void {
  const stream = writableOf(response);
  let stalledSince: number | undefined;
  const stopLooking = lookUntilClosed(stream, Math.min(LOOK_INTERVAL_MAX_MS, stalledMs / 10), () => {
    if (!stream.writableNeedDrain) {
      stalledSince = undefined;
      return;
    }
    stalledSince ??= performance.now();
    if (performance.now() - stalledSince < stalledMs) return;
    stopLooking();
    onStall();
    lookUntilClosed(stream, stalledMs, () => cut(response));
  });
}

/** Cuts a response off when its reader takes none of the waiting data for `stalledMs`. */
export function cutWhenUnread(response: Response, stalledMs: number): void {
  const stream = writableOf(response);
  let unread = 0;
  lookUntilClosed(stream, stalledMs, () => {
    if (stream.writableLength > 0 && stream.writableLength === unread) cut(response);
    unread = stream.writableLength;
  });
}

export function writableOf(response: Response) {
  return 'stream' in response ? response.stream : response;
}

/** How long a reset may take to get out before the connection is cut. */
const RESET_MS = 1000;

/** Ensures that the reader cannot take a partial response for the whole. */
export function cut(response: Response): void {
  if (!('stream' in response)) {
    response.destroy();
    return;
  }
  const { stream } = response;
  const { session } = stream;
  stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  // A connection that does not even take a reset has a full socket.
  const gone = setTimeout(() => session?.destroy(), RESET_MS).unref();
  stream.once('close', () => clearTimeout(gone));
}

/** Returns a function that stops it earlier. */
function lookUntilClosed(
  stream: { once(event: 'close', listener: () => void): unknown },
  intervalMs: number,
  look: () => void,
): () => void {
  const timer = setInterval(look, intervalMs).unref();
  const stop = (): void => clearInterval(timer);
  stream.once('close', stop);
  return stop;
}
