import { type ExecuteRequest, ExecuteRequestSchema } from '../../gen/inventory/v1/commands_pb.js';

/** The field of ExecuteRequest, and of a batch's command, that says what to do; and that of its answer. */
export type CommandName = NonNullable<ExecuteRequest['command']['case']>;

/** In the order of the proto. */
export const commandFields = ExecuteRequestSchema.oneofs[0]!.fields;

const names: ReadonlySet<string> = new Set(commandFields.map(({ localName }) => localName));

export function isCommandName(name: string): name is CommandName {
  return names.has(name);
}
