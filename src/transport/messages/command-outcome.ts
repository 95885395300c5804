import { create, type Message } from '@bufbuild/protobuf';
import {
  BatchExecuteResponseSchema,
  type BatchResult,
  BatchResultSchema,
  type ExecuteResponse,
} from '../../gen/inventory/v1/commands_pb.js';
import type { HelpLinks } from '../failures/help-links.js';
import { errorOutcome } from '../failures/status-message.js';
import type { CommandResult, Reply } from '../operations/operation.js';

/** Puts the outcome of a command into its message. The command's operation has made the answer. */
export function withOutcome<M extends ExecuteResponse | BatchResult>(
  message: M,
  { name, reply }: CommandResult,
  help: HelpLinks,
): M {
  const outcome = reply.ok ? { case: name, value: reply.message } : errorOutcome(reply.failure, help);
  return Object.assign(message, { replayed: reply.replayed, outcome });
}

/** The message of a successful call. The message of a batch is made here, from its results. */
export function messageOf({ message, results }: Reply & { ok: true }, help: HelpLinks): Message {
  if (results === undefined) return message;
  return create(BatchExecuteResponseSchema, {
    results: results.map((result) => withOutcome(create(BatchResultSchema), result, help)),
  });
}
