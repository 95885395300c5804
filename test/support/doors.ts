import type { TestApp } from './app.js';
import { batchExecuteDoor, executeDoor } from './doors/commands.js';
import { connectDoor } from './doors/connect.js';
import { type Door, type DoorName, doorNames, type UnaryDoorName } from './doors/door.js';
import { grpcDoor } from './doors/grpc.js';
import { grpcWebDoor } from './doors/grpc-web.js';
import { restDoor } from './doors/rest.js';

export {
  type Answer,
  type CallOptions,
  type ChangingRpc,
  commandDoorNames,
  type Door,
  type DoorName,
  doorNames,
  type JsonRequest,
  type Precondition,
  type Rpc,
  Unanswered,
  type UnaryDoorName,
} from './doors/door.js';

export type Doors = Readonly<Record<UnaryDoorName, Door>>;
/** Where a service can be reached. */
export type Addresses = Pick<TestApp, 'httpUrl' | 'grpcAddress'>;

/** One way into a service, on sockets of its own. */
export function openDoor(name: DoorName, { httpUrl, grpcAddress }: Addresses): Door {
  switch (name) {
    case 'gRPC':
      return grpcDoor(name, grpcAddress);
    case 'gRPC over h2c on the HTTP port':
      return grpcDoor(name, new URL(httpUrl).host);
    case 'Connect JSON':
    case 'Connect binary':
      return connectDoor(name, httpUrl);
    case 'gRPC-Web':
      return grpcWebDoor(httpUrl);
    case 'REST':
      return restDoor(httpUrl);
    case 'Execute':
      return executeDoor(grpcAddress);
    case 'BatchExecute':
      return batchExecuteDoor(grpcAddress);
  }
}

/** Every way into a service. Close them before the service. */
export function openDoors(addresses: Addresses): Doors {
  const doors = doorNames.map((name) => [name, openDoor(name, addresses)]);
  return Object.fromEntries(doors) as Doors;
}

export function closeDoors(doors: Doors): void {
  for (const name of doorNames) doors[name].close();
}
