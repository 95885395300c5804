import { create, type DescField, getOption, type Message } from '@bufbuild/protobuf';
import { field as rules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { BatchCommandSchema, BatchExecuteRequestSchema } from '../../gen/inventory/v1/commands_pb.js';
import { isCommandName } from '../operations/command-name.js';
import { envelopeOf, inWordsOfCommand } from './unread-command.js';
import { UnreadableRequest } from './unreadable-request.js';

/** How all doors read lists: https://buf.build/docs/protovalidate/schemas/standard-rules/#repeated */

/**
 * How many items of a list are read: one more than it may have, so that validation sees that there are too many. A long
 * body of tiny items would otherwise take a hundred times as much memory as it has bytes. Undefined: all of them.
 */
export function itemsReadMax(field: DescField): number | undefined {
  const { type } = getOption(field, rules);
  const max = type.case === 'repeated' ? type.value.maxItems : 0n;
  return max === 0n ? undefined : Number(max) + 1;
}

const unreadable = new WeakMap<Message, UnreadableRequest>();

/**
 * Returns what makes a stand-in for an item of the list that cannot be read. Undefined: the items are not read one by
 * one, so a bad one makes the whole request unreadable. `bytes`: the item, if it is binary.
 */
export function standInOf(
  field: DescField,
): ((description: string, bytes?: Uint8Array) => Message) | undefined {
  if (field !== BatchExecuteRequestSchema.field.commands) return undefined;
  return (description, bytes) => {
    const command = create(BatchCommandSchema);
    const name = bytes && envelopeOf(bytes)?.name;
    const told =
      name === undefined ? asOfCommand(description) : inWordsOfCommand(description, BatchCommandSchema, name);
    unreadable.set(command, new UnreadableRequest(told));
    return command;
  };
}

/** Why a command of a batch could not be read; undefined if it could. */
export function unreadableCommand(command: Message): UnreadableRequest | undefined {
  return unreadable.get(command);
}

/** The description as a caller of the command's own RPC would get it, where fields do not begin with its name. */
function asOfCommand(description: string): string {
  const [name = ''] = /^\w+(?=\.)/.exec(description) ?? [];
  return isCommandName(name) ? description.slice(name.length + 1) : description;
}
