import { type Message, toBinary } from '@bufbuild/protobuf';
import {
  type handleUnaryCall,
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { TlsConfig } from '../../config.js';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import { file_inventory_v1_error_reason } from '../../gen/inventory/v1/error_reason_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { decodeBinary } from '../decode.js';
import type { Dispatcher } from '../dispatcher.js';
import type { Operation } from '../operation.js';
import { REPLAYED_HEADER } from '../request-id.js';
import type { StreamOperation } from '../stream.js';
import type { StreamDispatcher } from '../stream-dispatcher.js';
import { GrpcHealth } from './health.js';
import { GrpcCallMetadata } from './metadata.js';
import { OpenStreams } from './open-streams.js';
import { createReflection } from './reflection.js';
import { grpcError } from './status.js';
import { GrpcStreams } from './stream.js';

export interface GrpcServerOptions {
  readonly dispatcher: Dispatcher;
  readonly operations: readonly Operation[];
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: readonly StreamOperation[];
  /** How long a caller may leave unread what a stream has sent. */
  readonly streamStalledMs: number;
  readonly tls: TlsConfig | undefined;
  readonly reflection: boolean;
  readonly messageBytesMax: number;
}

/** The gRPC door: grpc-js, with reflection and grpc.health.v1.Health. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health = new GrpcHealth(['', InventoryService.typeName]);
  readonly #endless = new OpenStreams();
  readonly #streams: GrpcStreams;
  readonly #credentials: ServerCredentials;

  constructor(options: GrpcServerOptions) {
    // What goes wrong is told by errors and statuses; the library's own lines are not JSON.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': options.messageBytesMax,
      // Nobody reads its statistics here, and each call would pay for them.
      'grpc.enable_channelz': 0,
      // A connection that lies idle is probed, so that clients behind a dead link do not stay for ever.
      'grpc.keepalive_time_ms': 60_000,
    });
    this.#credentials = serverCredentials(options.tls);
    this.#streams = new GrpcStreams(options.streamDispatcher, options.streamStalledMs);
    this.#server.addService(
      definition([...options.operations, ...options.streams]),
      implementation(options, this.#streams),
    );
    const tracked = this.#endless.around(this.#server);
    this.#health.addToServer(tracked);
    if (options.reflection) {
      createReflection([
        InventoryService.file,
        file_inventory_v1_error_reason,
        file_google_rpc_error_details,
      ]).addToServer(tracked);
    }
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address(host, port), this.#credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
  }

  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /** Accepts no more connections or calls; resolves when the calls in progress are answered. */
  drain(): Promise<void> {
    this.#endless.endAll();
    this.#streams.drain();
    return new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Cuts what is left. */
  destroy(): void {
    this.#server.forceShutdown();
  }
}

function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function serverCredentials(tls: TlsConfig | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  return ServerCredentials.createSsl(tls.clientCa ?? null, [pair], tls.clientCa !== undefined);
}

/** Requests stay bytes until the caller is known; the dispatcher decodes them. */
function definition(operations: readonly (Operation | StreamOperation)[]): ServiceDefinition {
  const methods = operations.map(({ method }) => [
    method.localName,
    {
      path: `/${method.parent.typeName}/${method.name}`,
      originalName: method.localName,
      requestStream: false,
      responseStream: method.methodKind === 'server_streaming',
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  ]);
  return Object.fromEntries(methods);
}

function implementation(
  { operations, dispatcher, streams }: GrpcServerOptions,
  grpcStreams: GrpcStreams,
): UntypedServiceImplementation {
  const unary = operations.map((operation) => [operation.method.localName, handler(operation, dispatcher)]);
  const streaming = streams.map((stream) => [stream.method.localName, grpcStreams.handler(stream)]);
  return Object.fromEntries([...unary, ...streaming]);
}

function handler(operation: Operation, dispatcher: Dispatcher): handleUnaryCall<Buffer, Message> {
  return async (call, callback) => {
    const metadata = new GrpcCallMetadata(call);
    const decode = () => decodeBinary(operation.method.input, call.request);
    const reply = await dispatcher.dispatch(operation, metadata, decode);
    if (!reply.ok) return callback(grpcError(reply.failure, reply.replayed, metadata.requestId));
    if (reply.replayed) {
      const headers = new Metadata();
      headers.set(REPLAYED_HEADER, 'true');
      call.sendMetadata(headers);
    }
    callback(null, reply.message);
  };
}
