import type { Http2Server } from 'node:http2';
import { Server as TlsServer } from 'node:tls';
import type { Message } from '@bufbuild/protobuf';
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
import type { Certificates, TlsConfig } from '../../config.js';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import { file_inventory_v1_error_reason } from '../../gen/inventory/v1/error_reason_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { MerchantService } from '../../gen/merchants/v1/merchant_service_pb.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { REPLAYED_HEADER } from '../dispatch/request-id.js';
import type { DoorOptions } from '../door-options.js';
import { EXECUTE_PATH, ExecuteDoor } from '../execute/execute-door.js';
import type { HelpLinks } from '../failures/help-links.js';
import { http2Options, secureContextOf } from '../http2.js';
import { messageOf } from '../messages/command-outcome.js';
import { encodeBinary } from '../messages/encode.js';
import { fullNameOf, pathOf } from '../operations/method-path.js';
import type { Operation } from '../operations/operation.js';
import type { StreamOperation } from '../operations/stream-operation.js';
import { FIRST_WORD_TIMEOUT_MS } from './guard/connections.js';
import { Guard, type GuardOptions } from './guard/guard.js';
import { GrpcHealth } from './health.js';
import { completeResponseOptions, limitMessages, lookInside, streamOf } from './library.js';
import { LongCalls } from './long-calls.js';
import { decodeCall, FieldsMetadata, GrpcCallMetadata } from './metadata.js';
import { OpenStreams } from './open-streams.js';
import { createReflection } from './reflection.js';
import { GrpcErrors } from './status.js';
import { GrpcStreams } from './stream.js';

export interface GrpcPortOptions extends DoorOptions {
  readonly tls: TlsConfig | undefined;
  readonly reflection: boolean;
  /** How long a connection may have no call. */
  readonly grpcIdleMs: number;
  /** A connection of this age, plus or minus a tenth, is told to go; 0: never. */
  readonly connectionMaxAgeMs: number;
}

/** Open calls and streams per connection. Clients are told, and queue the rest. */
const CONNECTION_CALLS_MAX = 10_000;

/** The gRPC port, and the door behind it: grpc-js, with reflection and grpc.health.v1.Health. */
export class GrpcPort {
  readonly #server: Server;
  readonly #health = new GrpcHealth(['', InventoryService.typeName, MerchantService.typeName]);
  readonly #endless: OpenStreams;
  readonly #streams: GrpcStreams;
  readonly #execute: ExecuteDoor;
  readonly #guard: Guard;
  readonly #credentials: ServerCredentials;
  /** One for each address of the host. */
  readonly #listening = new Set<Http2Server>();

  constructor(options: GrpcPortOptions) {
    // Errors and statuses report what goes wrong; the library's own log lines are not JSON.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server({
      'grpc.max_receive_message_length': options.bodyBytesMax,
      // Nobody reads its statistics here, and every call would pay for them.
      'grpc.enable_channelz': 0,
      // Idle connections are probed, so that clients behind a dead link do not stay forever. After GOAWAY a connection
      // cannot be pinged, and the library takes that for a dead link, so with a maximum age TCP's own probes have to
      // do.
      ...(options.connectionMaxAgeMs > 0
        ? { 'grpc.max_connection_age_ms': options.connectionMaxAgeMs }
        : { 'grpc.keepalive_time_ms': 60_000 }),
    });
    this.#credentials = serverCredentials(options.tls);
    const errors = new GrpcErrors(options.help);
    this.#execute = new ExecuteDoor(options);
    const operations = new Map(options.operations.map((operation) => [pathOf(operation.method), operation]));
    this.#guard = new Guard({
      refusing: {
        isDue: () => options.earlyRefusals.areDue,
        foresee: (headers, waitedMs) => {
          const metadata = new FieldsMetadata(headers);
          const operation = operations.get(metadata.header(':path') ?? '');
          return operation && options.earlyRefusals.foresee(operation, metadata, waitedMs);
        },
      },
      bodyRoom: options.bodyRoom,
      take: this.#taker(options, operations, errors),
      requestTimeoutMs: options.requestTimeoutMs,
      streamStalledMs: options.streamStalledMs,
      grpcIdleMs: options.grpcIdleMs,
      errors,
    });
    lookInside(
      this.#server,
      {
        ...http2Options,
        settings: { ...http2Options.settings, maxConcurrentStreams: CONNECTION_CALLS_MAX },
        handshakeTimeout: FIRST_WORD_TIMEOUT_MS,
      },
      (http2) => {
        this.#listening.add(http2);
        this.#guard.watch(http2);
      },
    );
    this.#streams = new GrpcStreams(options, this.#guard, errors);
    this.#endless = new OpenStreams(this.#guard);
    this.#server.addService(
      definition([...options.operations, ...options.streams]),
      implementation(options, this.#streams, this.#guard, errors),
    );
    const tracked = this.#endless.around(this.#server);
    this.#health.addToServer(tracked);
    if (options.reflection) {
      createReflection([
        InventoryService.file,
        MerchantService.file,
        file_inventory_v1_error_reason,
        file_google_rpc_error_details,
      ]).addToServer(tracked);
    }
  }

  /** Takes what is not for the library, and sets the length of what is. */
  #taker(
    { dispatcher, bodyBytesMax, batchBodyBytesMax }: GrpcPortOptions,
    operations: ReadonlyMap<string, Operation>,
    errors: GrpcErrors,
  ): GuardOptions['take'] {
    const longCalls = new LongCalls(dispatcher, errors);
    return (stream, headers, passOn) => {
      const path = headers[':path'] ?? '';
      const operation = operations.get(path);
      if (operation?.isLarge) {
        longCalls.begin(operation, stream, headers, () => {
          limitMessages(this.#server, batchBodyBytesMax);
          passOn(true);
        });
      } else if (path === EXECUTE_PATH && this.#execute.accept(stream, headers)) {
        this.#guard.arrived(stream);
      } else {
        limitMessages(this.#server, bodyBytesMax);
        completeResponseOptions(stream);
        passOn(false);
      }
    };
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

  /** For connections from now on; the others keep theirs. */
  setCertificates(certificates: Certificates): void {
    for (const http2 of this.#listening) {
      if (http2 instanceof TlsServer) http2.setSecureContext(secureContextOf(certificates));
    }
  }

  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /** Accepts no more connections or calls; resolves when the calls in progress are answered. */
  drain(): Promise<void> {
    this.#endless.endAll();
    this.#streams.drain();
    this.#execute.drain();
    this.#guard.drain();
    return new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Cuts everything that is left. */
  destroy(): void {
    this.#server.forceShutdown();
    // The library forgets connections that it does not count.
    this.#guard.destroy();
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
    fullNameOf(method),
    {
      path: pathOf(method),
      originalName: fullNameOf(method),
      requestStream: false,
      responseStream: method.methodKind === 'server_streaming',
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (message: Message) => encodeBinary(method.output, message),
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  ]);
  return Object.fromEntries(methods);
}

function implementation(
  { operations, dispatcher, streams, help }: GrpcPortOptions,
  grpcStreams: GrpcStreams,
  guard: Guard,
  errors: GrpcErrors,
): UntypedServiceImplementation {
  const unary = operations.map((operation) => [
    fullNameOf(operation.method),
    handler(operation, dispatcher, guard, errors, help),
  ]);
  const streaming = streams.map((stream) => [fullNameOf(stream.method), grpcStreams.handler(stream)]);
  return Object.fromEntries([...unary, ...streaming]);
}

function handler(
  operation: Operation,
  dispatcher: Dispatcher,
  guard: Guard,
  errors: GrpcErrors,
  help: HelpLinks,
): handleUnaryCall<Buffer, Message> {
  return async (call, callback) => {
    const stream = streamOf(call);
    if (!guard.arrived(stream)) return;
    const metadata = new GrpcCallMetadata(call);
    const decode = () => decodeCall(operation.method.input, call);
    const reply = await dispatcher.dispatch(operation, metadata, decode);
    if (!reply.ok) return callback(errors.of(reply.failure, reply.replayed, metadata.requestId));
    if (reply.replayed) {
      const headers = new Metadata();
      headers.set(REPLAYED_HEADER, 'true');
      call.sendMetadata(headers);
    }
    callback(null, messageOf(reply, help));
    guard.answered(stream);
  };
}
