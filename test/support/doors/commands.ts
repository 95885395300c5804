import {
  create,
  type DescMessage,
  type DescOneof,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import {
  BatchCommandSchema,
  BatchExecuteRequestSchema,
  BatchExecuteResponseSchema,
  type BatchResult,
  ExecuteRequestSchema,
  type ExecuteResponse,
  ExecuteResponseSchema,
} from '../../../src/gen/inventory/v1/commands_pb.js';
import { explain, statusDetails } from './details.js';
import {
  type Answer,
  type CallOptions,
  type Door,
  type JsonRequest,
  type Rpc,
  requestHeaders,
} from './door.js';
import { grpcDoor, grpcFailure } from './grpc.js';
import { decodeData } from './messages.js';

const SERVICE = '/inventory.v1.InventoryService';
const bytes = (buffer: Buffer): Buffer => buffer;

/** The commands' names, which are those of their RPCs. */
export const commandNames: readonly string[] = ExecuteRequestSchema.oneofs
  .find(({ name }: DescOneof) => name === 'command')!
  .fields.map(({ localName }) => localName);

export function commandOf(rpc: Rpc): string | undefined {
  const name = `${rpc[0]!.toLowerCase()}${rpc.slice(1)}`;
  return commandNames.includes(name) ? name : undefined;
}

/** A command's message, in JSON. */
export function commandJson(rpc: Rpc, request: JsonRequest, options: CallOptions): JsonValue {
  const { idempotencyKey } = options;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  return JSON.parse(JSON.stringify({ ...key, [commandOf(rpc)!]: request }));
}

/** Each call as a command on a stream of its own. Calls without a command go by unary gRPC. */
export function executeDoor(address: string): Door {
  return commandDoor('Execute', address, async (client, rpc, request, options) => {
    const json = commandJson(rpc, request, options) as object;
    const message = messageOf(ExecuteRequestSchema, { ...json, tag: 't' });
    const call = client.makeBidiStreamRequest(`${SERVICE}/Execute`, bytes, bytes, metadataOf(options));
    const answers: Buffer[] = [];
    call.on('data', (answer: Buffer) => answers.push(answer));
    call.write(message);
    call.end();
    const error = await new Promise<ServiceError | undefined>((resolve) => {
      call.once('error', resolve);
      call.once('end', () => resolve(undefined));
    });
    if (answers.length === 0 && error !== undefined) return grpcFailure(error, new Metadata());
    const answer = fromBinary(ExecuteResponseSchema, answers[0]!);
    if (answers.length !== 1 || answer.tag !== 't') throw new Error('not one answer to one command');
    return answerOf(rpc, answer);
  });
}

/** Each call as a batch of one command. */
export function batchExecuteDoor(address: string): Door {
  return commandDoor('BatchExecute', address, (client, rpc, request, options) => {
    const command = fromJson(BatchCommandSchema, commandJson(rpc, request, options), {
      ignoreUnknownFields: true,
    });
    const batch = create(BatchExecuteRequestSchema, { commands: [command] });
    const sent = Buffer.from(toBinary(BatchExecuteRequestSchema, batch));
    return new Promise((resolve, reject) => {
      const path = `${SERVICE}/BatchExecute`;
      client.makeUnaryRequest(path, bytes, bytes, sent, metadataOf(options), (error, response) => {
        try {
          if (error !== null) return resolve(grpcFailure(error, new Metadata()));
          resolve(answerOf(rpc, fromBinary(BatchExecuteResponseSchema, response!).results[0]!));
        } catch (unexpected) {
          reject(unexpected);
        }
      });
    });
  });
}

function commandDoor(
  name: 'Execute' | 'BatchExecute',
  address: string,
  run: (client: Client, rpc: Rpc, request: JsonRequest, options: CallOptions) => Promise<Answer>,
): Door {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const unary = grpcDoor(name, address);
  return {
    name,
    call: (rpc, request, options = {}) =>
      commandOf(rpc) === undefined ? unary.call(rpc, request, options) : run(client, rpc, request, options),
    close: () => {
      client.close();
      unary.close();
    },
  };
}

function messageOf(schema: DescMessage, json: JsonValue): Buffer {
  return Buffer.from(toBinary(schema, fromJson(schema, json, { ignoreUnknownFields: true })));
}

function metadataOf({ idempotencyKey: _, ...options }: CallOptions): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(requestHeaders(options))) metadata.set(key, value);
  return metadata;
}

function answerOf(rpc: Rpc, { replayed, outcome }: ExecuteResponse | BatchResult): Answer {
  if (outcome.case === undefined) throw new Error('an answer without an outcome');
  if (outcome.case === 'error') {
    const { code, message, details } = statusDetails(toBinary(StatusSchema, outcome.value));
    return { ok: false, code, message, replayed, ...explain(details) };
  }
  if (outcome.case !== commandOf(rpc)) throw new Error(`${outcome.case} is no answer to ${rpc}`);
  const schema = ExecuteResponseSchema.field[outcome.case].message!;
  return { ok: true, replayed, data: decodeData(rpc, toBinary(schema, outcome.value)) };
}
