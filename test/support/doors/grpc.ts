import {
  Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { explain, statusDetails } from './details.js';
import { type Answer, type Door, type DoorName, requestHeaders, Unanswered } from './door.js';
import { decodeData, encodeRequest } from './messages.js';

/** A grpc-js client on a socket of its own. */
export function grpcDoor(name: DoorName, address: string): Door {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    // The test decides what to do about calls without an answer, and a client that connects again must not wait for long.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
  });
  return {
    name,
    call: (rpc, request, options = {}) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(requestHeaders(options))) metadata.set(key, value);
        const { timeoutMs } = options;
        let headers = new Metadata();
        const call: ClientUnaryCall = client.makeUnaryRequest(
          `/inventory.v1.InventoryService/${rpc}`,
          (bytes: Buffer) => bytes,
          (bytes: Buffer) => bytes,
          Buffer.from(encodeRequest(rpc, request)),
          metadata,
          timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
          (error, response) => {
            try {
              resolve(
                error === null ? success(decodeData(rpc, response!), headers) : grpcFailure(error, headers),
              );
            } catch (unexpected) {
              reject(unexpected);
            }
          },
        );
        call.on('metadata', (received: Metadata) => {
          headers = received;
        });
      }),
    close: () => client.close(),
  };
}

function success(data: unknown, headers: Metadata): Answer {
  return { ok: true, data, replayed: first(headers, 'idempotency-replayed') === 'true' };
}

/** The content of an error of grpc-js. */
export function grpcFailure(error: ServiceError, headers: Metadata): Answer {
  const [bin] = error.metadata.get('grpc-status-details-bin');
  // The client's own code for a connection that failed; the service gives reasons.
  if (bin === undefined && error.code === status.UNAVAILABLE) throw new Unanswered(error.details);
  const answer: Answer = {
    ok: false,
    code: error.code,
    message: error.details,
    replayed: [error.metadata, headers].some((m) => first(m, 'idempotency-replayed') === 'true'),
    ...requestId(first(error.metadata, 'x-request-id') ?? first(headers, 'x-request-id')),
  };
  if (bin === undefined) return answer;
  const { code, message, details } = statusDetails(bin as Buffer);
  if (code !== error.code || message !== error.details) {
    throw new Error('grpc-status-details-bin contradicts grpc-status or grpc-message');
  }
  return { ...answer, ...explain(details) };
}

function first(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0] as string | undefined;
}

function requestId(id: string | undefined): Pick<Answer, 'requestId'> {
  return id === undefined ? {} : { requestId: id };
}
