import { create, isMessage } from '@bufbuild/protobuf';
import {
  type BatchExecuteRequest,
  BatchExecuteRequestSchema,
  BatchExecuteResponseSchema,
} from '../../gen/inventory/v1/commands_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { CallContext } from '../../service/call.js';
import { invalid } from '../operations/change.js';
import { COMMAND_PERMISSION, type CommandKinds } from '../operations/command-kinds.js';
import { type CommandResult, type Operation, type Reply, refuse } from '../operations/operation.js';
import { CommandLine } from './command-line.js';
import type { Dispatcher } from './dispatcher.js';
import { keyOfMany } from './idempotency-key.js';
import { unreadableCommand } from './items.js';

/** Says of each batch, before it begins, whether it would wait too long; undefined where the limits say so earlier. */
export interface BatchLoad {
  refusesBatch?(merchantId: string): Promise<boolean>;
}

/** BatchExecute, which runs each command as a call of its RPC. */
export function batchExecuteOperation(
  dispatcher: Dispatcher,
  kinds: CommandKinds,
  load: BatchLoad,
): Operation {
  return {
    method: InventoryService.method.batchExecute,
    permission: COMMAND_PERMISSION,
    changes: true,
    isLarge: true,
    isOfCommands: true,
    handle: async (call, request) => {
      if (call.idempotencyKey !== undefined) return invalid(keyOfMany);
      if (!isMessage(request, BatchExecuteRequestSchema)) throw new Error(`${request.$typeName} is no batch`);
      if (await load.refusesBatch?.(call.principal.merchantId)) return refuse({ reason: 'OVERLOADED' });
      return execute(dispatcher, kinds, call, request);
    },
  };
}

function execute(
  dispatcher: Dispatcher,
  kinds: CommandKinds,
  { principal, deadlineAtMs, origin, span }: CallContext,
  { commands }: BatchExecuteRequest,
): Promise<Reply> {
  const line = new CommandLine(dispatcher, kinds, {
    principal,
    origin: origin!,
    deadlineAtMs,
    span,
    isOneCall: true,
  });
  const results: CommandResult[] = Array.from({ length: commands.length });
  let open = commands.length;
  return new Promise((resolve) => {
    for (const [i, sentCommand] of commands.entries()) {
      const { command, idempotencyKey: key } = sentCommand;
      const request = unreadableCommand(sentCommand) ?? command.value;
      const sent = { name: command.case, request, key, isCounted: i === 0 };
      line.take(sent, (name, reply) => {
        results[i] = { name, reply };
        open--;
        if (open > 0) return;
        const message = create(BatchExecuteResponseSchema);
        resolve({ ok: true, message, replayed: false, results });
      });
    }
  });
}
