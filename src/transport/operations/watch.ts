import { create, type Message } from '@bufbuild/protobuf';
import { availableQty } from '../../domain/stock.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { type WatchInventoryRequest, WatchInventoryResponseSchema } from '../../gen/inventory/v1/watch_pb.js';
import type { StockEvent, Watch } from '../../service/watch/watch.js';
import type { Watches } from '../../service/watch/watches.js';
import { StreamFailed, type StreamOperation } from './stream-operation.js';

/** The RPC that follows records. */
export function watchOperations(watches: Watches): StreamOperation[] {
  return [
    {
      method: InventoryService.method.watchInventory,
      permission: 'can_read_stock',
      open: async (principal, message) => {
        const begun = await watches.begin(principal.merchantId, message as WatchInventoryRequest);
        if (!begun.ok) return begun;
        const watch = begun.value;
        return { ok: true, messages: (signal) => messages(watch, signal) };
      },
    },
  ];
}

async function* messages(watch: Watch, signal: AbortSignal): AsyncGenerator<Message, void, void> {
  const events = watch.events(signal);
  try {
    for (;;) {
      const next = await events.next();
      if (!next.done) yield eventMessage(next.value);
      else if (next.value === undefined) return;
      else throw new StreamFailed(next.value);
    }
  } finally {
    await events.return(undefined);
  }
}

function eventMessage({ id, onHandQty, reservedQty, eventId }: StockEvent): Message {
  const availableQtyNow = availableQty({ onHandQty, reservedQty });
  return create(WatchInventoryResponseSchema, {
    id,
    onHandQty,
    reservedQty,
    availableQty: availableQtyNow,
    eventId,
  });
}
