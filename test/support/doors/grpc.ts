import { Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { explain, statusDetails } from './details.js';
import { type Answer, type Door, type DoorName, requestHeaders } from './door.js';
import { decodeStock, encodeRequest } from './messages.js';

/** A grpc-js client on a socket of its own. */
export function grpcDoor(name: DoorName, address: string): Door {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
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
                error === null ? success(decodeStock(rpc, response!), headers) : failure(error, headers),
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

function success(stock: unknown, headers: Metadata): Answer {
  return { ok: true, stock, replayed: first(headers, 'idempotency-replayed') === 'true' };
}

function failure(error: ServiceError, headers: Metadata): Answer {
  const [bin] = error.metadata.get('grpc-status-details-bin');
  const answer: Answer = {
    ok: false,
    code: error.code,
    message: error.details,
    replayed: [error.metadata, headers].some((m) => first(m, 'idempotency-replayed') === 'true'),
    ...requestId(first(error.metadata, 'x-request-id') ?? first(headers, 'x-request-id')),
  };
  if (bin === undefined) return answer;
  const status = statusDetails(bin as Buffer);
  if (status.code !== error.code || status.message !== error.details) {
    throw new Error('grpc-status-details-bin contradicts grpc-status or grpc-message');
  }
  return { ...answer, ...explain(status.details) };
}

function first(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0] as string | undefined;
}

function requestId(id: string | undefined): Pick<Answer, 'requestId'> {
  return id === undefined ? {} : { requestId: id };
}
