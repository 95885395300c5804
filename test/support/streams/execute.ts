import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { createRegistry, fromBinary, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { file_google_rpc_error_details } from '../../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import {
  ExecuteRequestSchema,
  type ExecuteResponse,
  ExecuteResponseSchema,
} from '../../../src/gen/inventory/v1/commands_pb.js';
import type { Credentials } from '../app.js';
import { explain, statusDetails } from '../doors/details.js';
import { requestHeaders } from '../doors/door.js';
import { frame } from '../doors/grpc-web.js';
import type { Addresses } from '../doors.js';
import { connectEnding, envelopeReader, grpcEnding } from './envelopes.js';
import type { Ending } from './watch-stream.js';

/** Every way to send commands on a stream. */
export const executeDoors = [
  'gRPC',
  'gRPC over h2c on the HTTP port',
  'Connect binary',
  'Connect JSON',
] as const;
export type ExecuteDoor = (typeof executeDoors)[number];

export const EXECUTE_PATH = '/inventory.v1.InventoryService/Execute';

const contentTypes: Readonly<Record<ExecuteDoor, string>> = {
  gRPC: 'application/grpc',
  'gRPC over h2c on the HTTP port': 'application/grpc',
  'Connect binary': 'application/connect+proto',
  'Connect JSON': 'application/connect+json',
};

/** Messages that the errors of commands may have. */
const registry = createRegistry(file_google_rpc_error_details);

/** A command's message in binary, from its JSON. */
export function commandBytes(json: JsonValue): Buffer {
  return Buffer.from(toBinary(ExecuteRequestSchema, fromJson(ExecuteRequestSchema, json)));
}

/** What an answer says of its error; undefined: the command succeeded. */
export function errorOf({ outcome }: ExecuteResponse): ReturnType<typeof explain> | undefined {
  if (outcome.case !== 'error') return undefined;
  return explain(statusDetails(toBinary(StatusSchema, outcome.value)).details);
}

export interface ExecuteOptions {
  readonly credentials: Pick<Credentials, 'token' | 'apiKey'>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream of commands on its own connection, in plain HTTP/2: no library adds a deadline or a retry. */
export class ExecuteStream {
  readonly answers: ExecuteResponse[] = [];
  /** The same answers, as they came. */
  readonly messages: Buffer[] = [];
  /** `code` −1: the stream broke. Never rejects. */
  readonly ended: Promise<Ending>;
  readonly stream: ClientHttp2Stream;
  readonly #isJson: boolean;
  #ending: Ending = { code: -1 };
  /** Called when an answer comes, or the end. */
  #waiting: (() => void)[] = [];

  constructor(
    door: ExecuteDoor,
    { grpcAddress, httpUrl }: Addresses,
    { credentials, headers = {} }: ExecuteOptions,
  ) {
    this.#isJson = door === 'Connect JSON';
    const session = connect(door === 'gRPC' ? `http://${grpcAddress}` : httpUrl);
    session.on('error', () => {});
    this.stream = session.request({
      ':method': 'POST',
      ':path': EXECUTE_PATH,
      'content-type': contentTypes[door],
      te: 'trailers',
      ...requestHeaders({ credentials, headers }),
    });
    this.stream.on('response', (head) => this.#takeTrailers(head));
    this.stream.on('trailers', (trailers) => this.#takeTrailers(trailers));
    const read = envelopeReader((flags, bytes) => {
      if (flags === 0) this.#takeAnswer(bytes);
      else this.#ending = connectEnding(JSON.parse(bytes.toString()));
    });
    this.stream.on('data', (chunk: Buffer) => {
      read(chunk);
      this.#tellNews();
    });
    this.stream.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.stream.once('close', () => {
        session.destroy();
        resolve(this.#ending);
        this.#tellNews();
      });
    });
  }

  /** Sends commands, encoded as this door needs them. */
  send(...commands: readonly JsonValue[]): this {
    return this.sendBytes(
      ...commands.map((json) => (this.#isJson ? Buffer.from(JSON.stringify(json)) : commandBytes(json))),
    );
  }

  sendBytes(...messages: readonly Uint8Array[]): this {
    this.stream.write(Buffer.concat(messages.map((message) => frame(0, message))));
    return this;
  }

  /** Resolves when this many answers are there, or the stream has ended. */
  async answered(count: number): Promise<void> {
    while (this.answers.length < count && !this.stream.closed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends no more, and waits for the end. */
  async all(): Promise<ExecuteResponse[]> {
    this.stream.end();
    await this.ended;
    return this.answers;
  }

  #tellNews(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }

  #takeAnswer(bytes: Buffer): void {
    this.messages.push(bytes);
    this.answers.push(
      this.#isJson
        ? fromJson(ExecuteResponseSchema, JSON.parse(bytes.toString()), { registry })
        : fromBinary(ExecuteResponseSchema, bytes),
    );
  }

  #takeTrailers(headers: IncomingHttpHeaders): void {
    const { 'grpc-status': status, 'grpc-status-details-bin': details } = headers;
    if (status === undefined) return;
    this.#ending = grpcEnding(String(status), details === undefined ? undefined : String(details));
  }
}
