import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  WatchInventoryRequestSchema,
  WatchInventoryResponseSchema,
} from '../../../src/gen/inventory/v1/watch_pb.js';
import { explain, statusDetails } from '../doors/details.js';
import { requestHeaders } from '../doors/door.js';
import { type WatchEvent, type WatchOptions, type WatchRequest, WatchStream } from './watch-stream.js';

export function encodeWatch(request: WatchRequest): Uint8Array {
  const json = JSON.parse(JSON.stringify(request));
  return toBinary(WatchInventoryRequestSchema, fromJson(WatchInventoryRequestSchema, json));
}

export function decodeEvent(bytes: Uint8Array): WatchEvent {
  const message = fromBinary(WatchInventoryResponseSchema, bytes);
  return toJson(WatchInventoryResponseSchema, message, {
    alwaysEmitImplicit: true,
  }) as unknown as WatchEvent;
}

/** A watch by a grpc-js client on a socket of its own. */
export function grpcWatch(address: string, request: WatchRequest, options: WatchOptions): WatchStream {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  });
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(requestHeaders(options))) metadata.set(key, value);
  const call = client.makeServerStreamRequest(
    '/inventory.v1.InventoryService/WatchInventory',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    options.bytes ?? Buffer.from(encodeWatch(request)),
    metadata,
  );
  const stream = new WatchStream({
    leave: () => call.cancel(),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
  });
  call.on('metadata', () => stream.begin());
  call.on('data', (bytes: Buffer) => stream.put(decodeEvent(bytes)));
  call.on('error', (error: ServiceError) => {
    const [details] = error.metadata.get('grpc-status-details-bin');
    const { reason, violations, help } =
      details === undefined
        ? ({} as Partial<ReturnType<typeof explain>>)
        : explain(statusDetails(details as Buffer).details);
    stream.end({ code: error.code, reason, violations, help });
    client.close();
  });
  call.on('end', () => {
    // An error's own end comes first.
    setImmediate(() => {
      stream.end({ code: 0 });
      client.close();
    });
  });
  return stream;
}
