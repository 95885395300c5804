import { create, createRegistry, isMessage, toJson } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import {
  type ExecuteRequest,
  ExecuteRequestSchema,
  ExecuteResponseSchema,
} from '../../gen/inventory/v1/commands_pb.js';
import { decodeBinary, decodeJson } from '../dispatch/decode.js';
import { envelopeOf, inWordsOfCommand } from '../dispatch/unread-command.js';
import { UnreadableRequest } from '../dispatch/unreadable-request.js';
import type { HelpLinks } from '../failures/help-links.js';
import type { GrpcErrors } from '../grpc/status.js';
import { withOutcome } from '../messages/command-outcome.js';
import { writeMessage } from '../messages/encode.js';
import { tagOf, type WireWriter } from '../messages/wire-writer.js';
import { type CommandName, commandFields, isCommandName } from '../operations/command-name.js';
import type { CommandResult } from '../operations/operation.js';

/** A command and its tag, as read from a message. */
export interface TaggedCommand {
  readonly tag: string;
  readonly key: string | undefined;
  readonly name: CommandName | undefined;
  /** UnreadableRequest: the envelope can be read, but the command in it cannot. */
  readonly request: NonNullable<ExecuteRequest['command']['value']> | UnreadableRequest | undefined;
}

const requestFields = ExecuteRequestSchema.field;
const commandNames = commandFields.map(({ localName }) => localName).filter(isCommandName);

/** @throws UnreadableRequest if not even the tag can be read. */
export function readBinaryCommand(bytes: Uint8Array): TaggedCommand {
  try {
    return tagged(decodeBinary(ExecuteRequestSchema, bytes));
  } catch (error) {
    if (!(error instanceof UnreadableRequest)) throw error;
    const envelope = envelopeOf(bytes);
    if (envelope === undefined) throw error;
    const message = inWordsOfCommand(error.message, ExecuteRequestSchema, envelope.name);
    return { ...envelope, key: undefined, request: new UnreadableRequest(message) };
  }
}

function tagged({ tag, idempotencyKey: key, command }: ExecuteRequest): TaggedCommand {
  return { tag, key, name: command.case, request: command.value };
}

/** The same from JSON. */
export function readJsonCommand(bytes: Uint8Array): TaggedCommand {
  try {
    const message = decodeJson(ExecuteRequestSchema, bytes);
    if (!isMessage(message, ExecuteRequestSchema)) throw new Error(`${message.$typeName} is no command`);
    return tagged(message);
  } catch (error) {
    if (!(error instanceof UnreadableRequest)) throw error;
    const json = parsed(bytes);
    const named = commandNames.filter((name) => {
      const field = requestFields[name];
      return json.has(field.jsonName) || json.has(field.name);
    });
    const tag = json.get('tag');
    const [name] = named;
    if (name === undefined || named.length > 1 || typeof tag !== 'string') throw error;
    const message = error.message.replace(`${name}.`, '');
    return { tag, key: undefined, name, request: new UnreadableRequest(message) };
  }
}

function parsed(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString());
    return new Map(typeof json === 'object' && json !== null ? Object.entries(json) : []);
  } catch {
    return new Map();
  }
}

const responseFields = ExecuteResponseSchema.field;
const tagOfText = tagOf(responseFields.tag, WireType.LengthDelimited);
const tagOfReplayed = tagOf(responseFields.replayed, WireType.Varint);
const tagOfError = tagOf(responseFields.error, WireType.LengthDelimited);
const answers = new Map(
  ExecuteResponseSchema.oneofs[0]!.fields.map((field) => [
    field.localName,
    { tag: tagOf(field, WireType.LengthDelimited), schema: field.message! },
  ]),
);

/** Writes an answer without making its message first. */
export function writeBinaryAnswer(
  into: WireWriter,
  tag: string,
  { name, reply }: CommandResult,
  errors: Pick<GrpcErrors, 'details'>,
): void {
  if (tag !== '') {
    into.varint(tagOfText);
    into.string(tag);
  }
  if (reply.replayed) {
    into.varint(tagOfReplayed);
    into.byte(1);
  }
  if (!reply.ok) {
    into.varint(tagOfError);
    into.bytes(errors.details(reply.failure));
    return;
  }
  const answer = answers.get(name!)!;
  into.varint(answer.tag);
  const start = into.begin();
  writeMessage(into, answer.schema, reply.message);
  into.end(start);
}

const registry = createRegistry(file_google_rpc_error_details);

export function jsonAnswer(tag: string, result: CommandResult, help: HelpLinks): Uint8Array {
  const answer = withOutcome(create(ExecuteResponseSchema, { tag }), result, help);
  return Buffer.from(
    JSON.stringify(toJson(ExecuteResponseSchema, answer, { registry, alwaysEmitImplicit: true })),
  );
}
