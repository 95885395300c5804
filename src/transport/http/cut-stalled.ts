import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** How often a stream is looked at, milliseconds. */
const LOOK_INTERVAL_MS = 1000;

/**
 * Cuts a response off when its reader leaves what was sent unread for `stalledMs`. Whatever writes it waits for the
 * reader meanwhile, and learns of the end as of a caller who left.
 */
export function cutWhenStalled(response: ServerResponse | Http2ServerResponse, stalledMs: number): void {
  const stream = 'stream' in response ? response.stream : response;
  let stalledSince: number | undefined;
  const timer = setInterval(() => {
    if (!stream.writableNeedDrain) stalledSince = undefined;
    else {
      stalledSince ??= performance.now();
      if (performance.now() - stalledSince >= stalledMs) stream.destroy();
    }
  }, LOOK_INTERVAL_MS).unref();
  stream.once('close', () => clearInterval(timer));
}
