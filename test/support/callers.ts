import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { credentials, Client as GrpcClient, Metadata, type ServiceError } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { ReserveRequestSchema, ReserveResponseSchema } from '../../src/gen/inventory/v1/reservations_pb.js';
import type { Credentials } from './app.js';

export interface StockCall {
  readonly rpc: 'reserve' | 'release';
  readonly id: string;
  readonly qty: number;
  readonly reference?: string;
  readonly notes?: string;
  readonly idempotencyKey?: string;
}

export interface Stock {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly availableQty: number;
}

/** How a call came out, in the same words whatever the door. */
export type Answer =
  | { readonly kind: 'ok'; readonly stock: Stock; readonly replayed: boolean }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly replayed: boolean;
    }
  /** No answer came: the connection failed or was cut. The call may have taken effect or not. */
  | { readonly kind: 'unanswered'; readonly cause: string };

/** A client of one door, one merchant; `close` lets its connections go. */
export interface Caller {
  readonly door: Door;
  call(call: StockCall): Promise<Answer>;
  close(): void;
}

export const doors = ['REST', 'gRPC', 'Connect JSON', 'Connect binary', 'gRPC-Web', 'gRPC over h2c'] as const;
export type Door = (typeof doors)[number];

export function openCaller(
  door: Door,
  service: { readonly httpUrl: string; readonly grpcAddress: string },
  who: Credentials,
): Caller {
  const baseUrl = service.httpUrl;
  switch (door) {
    case 'REST':
      return restCaller(baseUrl, who);
    case 'gRPC':
      return grpcCaller(service.grpcAddress, who);
    case 'Connect JSON':
      return connectCaller(
        door,
        createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
        who,
      );
    case 'Connect binary':
      return connectCaller(
        door,
        createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
        who,
      );
    case 'gRPC-Web':
      return connectCaller(door, createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }), who);
    case 'gRPC over h2c':
      return connectCaller(door, createGrpcTransport({ baseUrl }), who);
  }
}

function headersOf(who: Credentials, call: StockCall): Record<string, string> {
  return {
    authorization: `Bearer ${who.token}`,
    'x-merchantapikey': who.apiKey,
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
  };
}

function requestOf({ id, qty, reference = '', notes = '' }: StockCall) {
  return { id, qty, reference, notes };
}

function restCaller(baseUrl: string, who: Credentials): Caller {
  return {
    door: 'REST',
    close: () => {},
    call: async (call) => {
      const { id, ...body } = requestOf(call);
      let response: Response;
      let text: string;
      try {
        response = await fetch(`${baseUrl}/v1/inventory/${id}/${call.rpc}`, {
          method: 'PATCH',
          headers: { ...headersOf(who, call), 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        text = await response.text();
      } catch (error) {
        return { kind: 'unanswered', cause: describe((error as Error).cause ?? error) };
      }
      const replayed = response.headers.get('idempotency-replayed') === 'true';
      const answer = JSON.parse(text) as { data: Stock; code?: string; message: string };
      return response.status === 200
        ? { kind: 'ok', stock: answer.data, replayed }
        : { kind: 'refused', reason: answer.code ?? 'UNAUTHENTICATED', message: answer.message, replayed };
    },
  };
}

function grpcCaller(address: string, who: Credentials): Caller {
  const client = new GrpcClient(address, credentials.createInsecure(), {
    // What went unanswered is for the test to see, and a client that comes back must not wait for long.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
    'grpc.use_local_subchannel_pool': 1,
  });
  return {
    door: 'gRPC',
    close: () => client.close(),
    call: (call) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(headersOf(who, call))) metadata.set(name, value);
        const method = call.rpc === 'reserve' ? 'Reserve' : 'Release';
        let replayed = false;
        // Reserve and Release have requests of the same fields, and answers too.
        client
          .makeUnaryRequest(
            `/${InventoryService.typeName}/${method}`,
            (request: StockCall) =>
              Buffer.from(toBinary(ReserveRequestSchema, create(ReserveRequestSchema, requestOf(request)))),
            (bytes: Buffer) => fromBinary(ReserveResponseSchema, bytes),
            call,
            metadata,
            (error, response) => {
              if (error !== null) resolve(grpcRefusal(error));
              else resolve({ kind: 'ok', stock: plainStock(response!.stock!), replayed });
            },
          )
          .on('metadata', (headers) => {
            replayed = headers.get('idempotency-replayed')[0] === 'true';
          });
      }),
  };
}

function grpcRefusal(error: ServiceError): Answer {
  const [details] = error.metadata.get('grpc-status-details-bin');
  const status = details instanceof Buffer ? fromBinary(StatusSchema, new Uint8Array(details)).details : [];
  for (const detail of status) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info === undefined) continue;
    const replayed = error.metadata.get('idempotency-replayed')[0] === 'true';
    return { kind: 'refused', reason: info.reason, message: error.details, replayed };
  }
  // A status without a reason was made by the client's own side.
  return { kind: 'unanswered', cause: error.message };
}

function connectCaller(door: Door, transport: Transport, who: Credentials): Caller {
  const client: Client<typeof InventoryService> = createClient(InventoryService, transport);
  return {
    door,
    close: () => {},
    call: async (call) => {
      let replayed = false;
      try {
        const response = await client[call.rpc](requestOf(call), {
          headers: headersOf(who, call),
          onHeader: (headers) => {
            replayed = headers.get('idempotency-replayed') === 'true';
          },
        });
        return { kind: 'ok', stock: plainStock(response.stock!), replayed };
      } catch (error) {
        const failure = ConnectError.from(error);
        const [info] = failure.findDetails(ErrorInfoSchema);
        if (info === undefined)
          return { kind: 'unanswered', cause: `${Code[failure.code]} ${describe(failure)}` };
        return {
          kind: 'refused',
          reason: info.reason,
          message: failure.rawMessage,
          replayed: failure.metadata.get('idempotency-replayed') === 'true',
        };
      }
    },
  };
}

function plainStock({ id, onHandQty, reservedQty, availableQty }: Stock): Stock {
  return { id, onHandQty, reservedQty, availableQty };
}

function describe(error: unknown): string {
  return error instanceof Error
    ? `${(error as { code?: string }).code ?? error.name}: ${error.message}`
    : String(error);
}

/** Opens all doors of all services, and gives them out in turn. */
export function openCallers(
  services: readonly { readonly httpUrl: string; readonly grpcAddress: string }[],
  who: Credentials,
  through: readonly Door[] = doors,
): { readonly all: readonly Caller[]; close(): void } {
  const all = through.flatMap((door) => services.map((service) => openCaller(door, service, who)));
  return {
    all,
    close: () => {
      for (const caller of all) caller.close();
    },
  };
}
