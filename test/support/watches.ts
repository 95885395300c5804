import type { Addresses } from './doors.js';
import { connectWatch, grpcWebWatch } from './streams/envelopes.js';
import { grpcWatch } from './streams/grpc.js';
import { restWatch } from './streams/rest.js';
import type { WatchOptions, WatchRequest, WatchStream } from './streams/watch-stream.js';

export {
  type Ending,
  StreamEnded,
  type WatchEvent,
  type WatchOptions,
  type WatchRequest,
  type WatchStream,
} from './streams/watch-stream.js';

/** Every way to watch. */
export const watchDoors = [
  'gRPC',
  'gRPC over h2c on the HTTP port',
  'Connect JSON',
  'Connect binary',
  'gRPC-Web',
  'REST lines',
  'REST events',
] as const;
export type WatchDoor = (typeof watchDoors)[number];

/** Begins a watch, on a socket of its own or one of fetch's. */
export function openWatch(
  door: WatchDoor,
  { httpUrl, grpcAddress }: Addresses,
  request: WatchRequest,
  options: WatchOptions,
): WatchStream {
  switch (door) {
    case 'gRPC':
      return grpcWatch(grpcAddress, request, options);
    case 'gRPC over h2c on the HTTP port':
      return grpcWatch(new URL(httpUrl).host, request, options);
    case 'Connect JSON':
      return connectWatch('json', httpUrl, request, options);
    case 'Connect binary':
      return connectWatch('proto', httpUrl, request, options);
    case 'gRPC-Web':
      return grpcWebWatch(httpUrl, request, options);
    case 'REST lines':
      return restWatch('lines', httpUrl, request, options);
    case 'REST events':
      return restWatch('events', httpUrl, request, options);
  }
}
