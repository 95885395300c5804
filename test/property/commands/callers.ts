import { createRegistry, fromBinary, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Client, credentials as channel, Metadata, type ServiceError } from '@grpc/grpc-js';
import { file_google_rpc_error_details } from '../../../src/gen/google/rpc/error_details_pb.js';
import {
  BatchExecuteRequestSchema,
  BatchExecuteResponseSchema,
  ExecuteRequestSchema,
} from '../../../src/gen/inventory/v1/commands_pb.js';
import { InventoryService } from '../../../src/gen/inventory/v1/inventory_service_pb.js';
import type { Credentials, TestApp } from '../../support/app.js';
import { connectCodes } from '../../support/doors/connect.js';
import { type Rpc, requestHeaders } from '../../support/doors/door.js';
import { type ExecuteDoor, ExecuteStream } from '../../support/streams/execute.js';
import { asJson, type DrawnCommand, damaged } from './draw-command.js';
import {
  type ConnectError,
  failure,
  failureOfConnect,
  success,
  successJson,
  type Told,
  toldBinary,
  toldJson,
} from './outcomes.js';

const SERVICE = 'inventory.v1.InventoryService';
const registry = createRegistry(file_google_rpc_error_details);
const same = (bytes: Buffer): Buffer => bytes;

/** Ways to send the same commands: one call each, a stream, a batch. */
export class Callers {
  readonly #service: TestApp;
  readonly #client: Client;

  constructor(service: TestApp) {
    this.#service = service;
    this.#client = new Client(service.grpcAddress, channel.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** Makes one call after another. */
  async callsInBinary(commands: readonly DrawnCommand[], merchant: Credentials): Promise<Told[]> {
    const told: Told[] = [];
    for (const command of commands) told.push(await this.#grpc(command, merchant));
    return told;
  }

  async callsInJson(commands: readonly DrawnCommand[], merchant: Credentials): Promise<Told[]> {
    const told: Told[] = [];
    for (const command of commands) told.push(await this.#connect(command, merchant));
    return told;
  }

  /** Sends all commands at once. Throws if the stream does not end well. */
  async stream(
    door: ExecuteDoor,
    commands: readonly DrawnCommand[],
    credentials: Credentials,
  ): Promise<Told[]> {
    const isJson = door === 'Connect JSON';
    const stream = new ExecuteStream(door, this.#service, { credentials });
    stream.sendBytes(...commands.map((command, i) => messageOf(command, `${i}`, isJson)));
    const answers = await stream.all();
    const { code } = await stream.ended;
    if (code !== 0 || answers.length !== commands.length) {
      throw new Error(`${door}: code ${code}, ${answers.length} answers to ${commands.length} commands`);
    }
    const told: Told[] = [];
    for (const [i, answer] of answers.entries()) {
      const json = isJson ? (JSON.parse(stream.messages[i]!.toString()) as JsonObject) : undefined;
      told[Number(answer.tag)] = json === undefined ? toldBinary(answer) : toldJson(json, answer);
    }
    return told;
  }

  async batchInBinary(commands: readonly DrawnCommand[], merchant: Credentials): Promise<Told[]> {
    const writer = new BinaryWriter();
    for (const command of commands) {
      // A command of a batch has the same fields as one on a stream, except the tag.
      const bytes = messageOf(command, '', false);
      writer.tag(BatchExecuteRequestSchema.field.commands.number, WireType.LengthDelimited).bytes(bytes);
    }
    const { bytes } = await this.#unary('BatchExecute', writer.finish(), metadataOf(merchant, undefined));
    return fromBinary(BatchExecuteResponseSchema, bytes!).results.map(toldBinary);
  }

  async batchInJson(commands: readonly DrawnCommand[], merchant: Credentials): Promise<Told[]> {
    const body = { commands: commands.map((command) => envelopeOf(command)) };
    const response = await this.#post('BatchExecute', body, { credentials: merchant });
    const json = (await response.json()) as { results: JsonObject[] };
    const { results } = fromJson(BatchExecuteResponseSchema, json as unknown as JsonObject, { registry });
    return results.map((result, i) => toldJson(json.results[i]!, result));
  }

  async #grpc({ name, request, key, damage }: DrawnCommand, merchant: Credentials): Promise<Told> {
    const rpc = rpcOf(name);
    const { output } = InventoryService.method[name as 'reserve'];
    const bytes = damaged(bytesOf(name, request), damage);
    const { bytes: answer, error, headers } = await this.#unary(rpc, bytes, metadataOf(merchant, key));
    const isReplay = (metadata: Metadata): boolean => metadata.get('idempotency-replayed')[0] === 'true';
    if (error === null) return success(isReplay(headers), output, fromBinary(output, answer!));
    const [status] = error.metadata.get('grpc-status-details-bin');
    return failure(isReplay(headers) || isReplay(error.metadata), status as Buffer);
  }

  #unary(
    rpc: Rpc,
    request: Uint8Array,
    metadata: Metadata,
  ): Promise<{ bytes: Buffer | undefined; error: ServiceError | null; headers: Metadata }> {
    return new Promise((resolve) => {
      let headers = new Metadata();
      const path = `/${SERVICE}/${rpc}`;
      const call = this.#client.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.from(request),
        metadata,
        (error, bytes) => resolve({ bytes, error, headers }),
      );
      call.on('metadata', (received: Metadata) => {
        headers = received;
      });
    });
  }

  async #connect(command: DrawnCommand, credentials: Credentials): Promise<Told> {
    const { key: idempotencyKey, name } = command;
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    const response = await this.#post(rpcOf(name), asJson(command), { credentials, ...key });
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    const json = (await response.json()) as JsonObject & ConnectError;
    return response.ok
      ? successJson(replayed, json)
      : failureOfConnect(replayed, json, connectCodes[json.code]!);
  }

  #post(rpc: Rpc, body: object, options: Parameters<typeof requestHeaders>[0]): Promise<Response> {
    return fetch(`${this.#service.httpUrl}/${SERVICE}/${rpc}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...requestHeaders(options) },
      body: JSON.stringify(body),
    });
  }
}

function rpcOf(name: string): Rpc {
  return `${name[0]!.toUpperCase()}${name.slice(1)}` as Rpc;
}

function bytesOf(name: string, request: JsonObject): Uint8Array {
  const { input } = InventoryService.method[name as 'reserve'];
  return toBinary(input, fromJson(input, request));
}

/** The command as a message of a stream. Its bytes may differ from any that the library would write. */
function messageOf(command: DrawnCommand, tag: string, isJson: boolean): Uint8Array {
  const { name, request, key, damage } = command;
  if (isJson) return Buffer.from(JSON.stringify({ tag, ...envelopeOf(command) }));
  const { field } = ExecuteRequestSchema;
  const writer = new BinaryWriter();
  if (tag !== '') writer.tag(field.tag.number, WireType.LengthDelimited).string(tag);
  if (key !== undefined) writer.tag(field.idempotencyKey.number, WireType.LengthDelimited).string(key);
  writer.tag(field[name as 'reserve'].number, WireType.LengthDelimited);
  return writer.bytes(damaged(bytesOf(name, request), damage)).finish();
}

function envelopeOf(command: DrawnCommand): JsonObject {
  const { key, name } = command;
  return { ...(key === undefined ? {} : { idempotencyKey: key }), [name]: asJson(command) };
}

function metadataOf(credentials: Credentials, key: string | undefined): Metadata {
  const metadata = new Metadata();
  const options = { credentials, ...(key === undefined ? {} : { idempotencyKey: key }) };
  for (const [name, value] of Object.entries(requestHeaders(options))) metadata.set(name, value);
  return metadata;
}
