import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';

type Response = ServerResponse | Http2ServerResponse;

/** How often a response is looked at, at most, milliseconds. */
const LOOK_INTERVAL_MAX_MS = 1000;

/**
 * Cuts a response off when its reader leaves what was sent unread for `stalledMs`. Whatever writes it waits for the
 * reader meanwhile; `onCut` is called first.
 */
export function cutWhenStalled(response: Response, stalledMs: number, onCut: () => void): void {
  const stream = writableOf(response);
  let stalledSince: number | undefined;
  const look = (): void => {
    if (!stream.writableNeedDrain) stalledSince = undefined;
    else {
      stalledSince ??= performance.now();
      if (performance.now() - stalledSince < stalledMs) return;
      onCut();
      cut(response);
    }
  };
  lookUntilClosed(stream, look, Math.min(LOOK_INTERVAL_MAX_MS, stalledMs));
}

/** Cuts a response off when its reader has taken nothing for `stalledMs` of what waits for him. */
export function cutWhenUnread(response: Response, stalledMs: number): void {
  const stream = writableOf(response);
  let unread = 0;
  const look = (): void => {
    if (stream.writableLength > 0 && stream.writableLength === unread) cut(response);
    unread = stream.writableLength;
  };
  lookUntilClosed(stream, look, stalledMs);
}

function writableOf(response: Response) {
  return 'stream' in response ? response.stream : response;
}

/** So that the reader cannot take what he has for the whole. */
function cut(response: Response): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  else response.destroy();
}

function lookUntilClosed(
  stream: { once(event: 'close', listener: () => void): unknown },
  look: () => void,
  intervalMs: number,
): void {
  const timer = setInterval(look, intervalMs).unref();
  stream.once('close', () => clearInterval(timer));
}
