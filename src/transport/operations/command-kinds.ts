import { isMessage, type Message } from '@bufbuild/protobuf';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import {
  ConfirmOrderRequestSchema,
  ExtendOrderRequestSchema,
  MoveOrderRequestSchema,
  ReleaseOrderRequestSchema,
  ReserveOrderRequestSchema,
} from '../../gen/inventory/v1/orders_pb.js';
import type { CommandName } from './command-name.js';
import type { Operation } from './operation.js';

/**
 * Which records a command may touch:
 * - named: those that it names
 * - held:  those on which its order holds units, and only these units
 * - any:   whatever it finds
 */
export type Reach = 'named' | 'held' | 'any';

/** A command that a stream or a batch can carry: an RPC, and what must not overtake it. */
export interface CommandKind {
  readonly operation: Operation;
  reach(request: Message): Reach;
}

/** What each of them needs. */
export const COMMAND_PERMISSION = 'can_update_inventory';

export type CommandKinds = Readonly<Record<CommandName, CommandKind>>;

/** What the requests of orders have. */
interface OfOrder {
  readonly reference: string;
  readonly toReference?: string;
  readonly lines: readonly { readonly id?: string | undefined }[];
}

const schemas = [
  ReserveOrderRequestSchema,
  ReleaseOrderRequestSchema,
  ConfirmOrderRequestSchema,
  ExtendOrderRequestSchema,
  MoveOrderRequestSchema,
];

function ofOrder(request: Message): OfOrder {
  for (const schema of schemas) if (isMessage(request, schema)) return request;
  throw new Error(`${request.$typeName} is of no order`);
}

/** The orders that a command on an order's units names. */
export function ordersOf(request: Message): readonly string[] {
  const { reference, toReference } = ofOrder(request);
  return toReference === undefined ? [reference] : [reference, toReference];
}

const named = (): Reach => 'named';
/** An order's units, or exactly the lines. */
const held = (request: Message): Reach => (ofOrder(request).lines.length === 0 ? 'held' : 'named');
/** Also where only some lines are named, the engine looks at the whole order. */
const whole = (): Reach => 'held';
/** A line without a record is for the command to choose. */
const chosen = (request: Message): Reach =>
  ofOrder(request).lines.every(({ id }) => id !== undefined) ? 'named' : 'any';
const any = (): Reach => 'any';

/** Each command with the operation of the RPC of its name. */
export function commandKinds(operations: readonly Operation[]): CommandKinds {
  const byMethod = new Map(operations.map((operation) => [operation.method, operation]));
  const of = (name: CommandName, reach: CommandKind['reach']): CommandKind => ({
    operation: byMethod.get(InventoryService.method[name])!,
    reach,
  });
  return {
    reserve: of('reserve', named),
    release: of('release', named),
    confirm: of('confirm', named),
    adjust: of('adjust', named),
    setHold: of('setHold', named),
    reserveOrder: of('reserveOrder', chosen),
    releaseOrder: of('releaseOrder', held),
    confirmOrder: of('confirmOrder', held),
    extendOrder: of('extendOrder', whole),
    moveOrder: of('moveOrder', held),
    setOrder: of('setOrder', any),
  };
}
