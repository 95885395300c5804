import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { Deadline } from './deadline.js';
import { HoldfastError } from './error.js';
import { InventoryService } from './gen/inventory/v1/inventory_service_pb.js';
import {
  type WatchInventoryRequest,
  WatchInventoryRequestSchema,
  type WatchInventoryResponse,
} from './gen/inventory/v1/watch_pb.js';
import type { Link } from './link.js';
import { failureOf, type OnRetry, pause, waitAfter } from './retries.js';

/**
 * The current stock, and then each change, without an end: after a stream that ends or breaks, the next one goes on
 * after the last event, without a gap or a repeat. Throws what another try would not change, such as
 * INVENTORY_NOT_FOUND, and the signal's reason.
 */
export async function* watch(
  link: Link,
  init: MessageInitShape<typeof WatchInventoryRequestSchema>,
  { signal, onRetry }: { signal: AbortSignal | undefined; onRetry: OnRetry | undefined },
): AsyncGenerator<WatchInventoryResponse, never, undefined> {
  const request = create(WatchInventoryRequestSchema, { ...init });
  const end = new Deadline(Number.POSITIVE_INFINITY, signal);
  try {
    for (let tries = 1; ; tries++) {
      let hadEvents = false;
      let error: unknown;
      try {
        for await (const event of eventsAfter(link, request, end.signal)) {
          hadEvents = true;
          request.afterId = event.eventId;
          yield event;
        }
        // A proxy ended it, as some do after a time.
      } catch (cause) {
        error = failureOf(cause, end.signal);
        if (!isWorthAnother(error, hadEvents)) throw error;
      }
      if (hadEvents) tries = 1;
      const waitMs = waitAfter(tries, error);
      if (error instanceof HoldfastError) onRetry?.(error, waitMs);
      await pause(waitMs, end.signal);
    }
  } finally {
    end.clear();
  }
}

async function* eventsAfter(link: Link, request: WatchInventoryRequest, signal: AbortSignal) {
  // Ends the stream when the reader leaves the loop, which the caller's signal does not tell.
  const left = new AbortController();
  const stop = (): void => left.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [{ transport }, headers] = await Promise.all([link.connection(signal), link.credentials()]);
    const client = createClient(InventoryService, transport);
    yield* client.watchInventory(request, { headers, signal: left.signal });
  } finally {
    signal.removeEventListener('abort', stop);
    left.abort();
  }
}

/** A slow reader goes on after the last event. A token that was accepted has expired; the next try gets a new one. */
function isWorthAnother(error: unknown, hadEvents: boolean): boolean {
  if (!(error instanceof HoldfastError)) return false;
  const { retryable, reason } = error;
  return retryable || reason === 'SLOW_READER' || (reason === 'UNAUTHENTICATED' && hadEvents);
}
