import type { TestApp } from './app.js';
import { connectDoor } from './doors/connect.js';
import { type Door, type DoorName, doorNames } from './doors/door.js';
import { grpcDoor } from './doors/grpc.js';
import { grpcWebDoor } from './doors/grpc-web.js';
import { restDoor } from './doors/rest.js';

export {
  type Answer,
  type CallOptions,
  type Door,
  type DoorName,
  doorNames,
  type Rpc,
} from './doors/door.js';

export type Doors = Readonly<Record<DoorName, Door>>;

/** Every way into a service, each on sockets of its own. Close them before the service. */
export function openDoors({ httpUrl, grpcAddress }: Pick<TestApp, 'httpUrl' | 'grpcAddress'>): Doors {
  return {
    gRPC: grpcDoor('gRPC', grpcAddress),
    'gRPC over h2c on the HTTP port': grpcDoor('gRPC over h2c on the HTTP port', new URL(httpUrl).host),
    'Connect JSON': connectDoor('Connect JSON', httpUrl),
    'Connect binary': connectDoor('Connect binary', httpUrl),
    'gRPC-Web': grpcWebDoor(httpUrl),
    REST: restDoor(httpUrl),
  };
}

export function closeDoors(doors: Doors): void {
  for (const name of doorNames) doors[name].close();
}
