import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';

export type Response = ServerResponse | Http2ServerResponse;

/** How often a response is looked at, at most, milliseconds. */
const LOOK_INTERVAL_MAX_MS = 1000;

/**
 * Calls `onStall` once its reader has left unread for `stalledMs` what was sent, so that the stream ends, and cuts the
 * response off when he does not come back to read why within as long again. Whatever writes it waits for the reader
 * meanwhile.
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

/** Cuts a response off when its reader has taken nothing for `stalledMs` of what waits for him. */
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

/** How long a reset may take to be said; then the connection is cut. */
const RESET_MS = 1000;

/** So that the reader cannot take what he has for the whole. */
export function cut(response: Response): void {
  if (!('stream' in response)) {
    response.destroy();
    return;
  }
  const { stream } = response;
  const { session } = stream;
  stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  // One that does not even take a reset has its socket full.
  const gone = setTimeout(() => session?.destroy(), RESET_MS).unref();
  stream.once('close', () => clearTimeout(gone));
}

/** Returns what stops it earlier. */
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
