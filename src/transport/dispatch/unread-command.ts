import type { DescMessage } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { ExecuteRequestSchema } from '../../gen/inventory/v1/commands_pb.js';
import { tagOf } from '../messages/wire-writer.js';
import { type CommandName, commandFields, isCommandName } from '../operations/command-name.js';
import { StrictReader } from './strict-reader.js';

const TAG = tagOf(ExecuteRequestSchema.field.tag, WireType.LengthDelimited);

const commandsByNumber = new Map<number, CommandName>();
for (const { localName, number } of commandFields) {
  if (isCommandName(localName)) commandsByNumber.set(number, localName);
}

/** The readable part of a message whose command cannot be read. */
export interface Envelope {
  readonly tag: string;
  readonly name: CommandName;
}

/** Reads the envelope of a command on a stream or, without a tag, in a batch. Undefined: it cannot be read either. */
export function envelopeOf(bytes: Uint8Array): Envelope | undefined {
  const reader = new StrictReader(bytes);
  let tag = '';
  let name: CommandName | undefined;
  try {
    while (reader.position < reader.length) {
      const field = reader.tag();
      if (field === TAG) tag = reader.string();
      else {
        name = commandsByNumber.get(field >>> 3) ?? name;
        reader.skip(field);
      }
    }
  } catch {
    return undefined;
  }
  return name && { tag, name };
}

/**
 * The description as a caller of the command's own RPC would get it: with the type of its request, not the envelope's.
 */
export function inWordsOfCommand(description: string, envelope: DescMessage, name: CommandName): string {
  return description.replace(envelope.typeName, ExecuteRequestSchema.field[name].message!.typeName);
}
