import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import {
  WatchInventoryRequestSchema,
  WatchInventoryResponseSchema,
} from '../../src/gen/inventory/v1/watch_pb.js';
import { frame, grpcHeaders } from './grpc-sender.js';
import { Http2Connection } from './http2-connection.js';

const HEAD_BYTES = 5;

/** One watch of some records, on a connection of its own. */
export class WatchStream {
  readonly #connection: Http2Connection;
  #received: Buffer = Buffer.alloc(0);

  constructor(
    address: string,
    credentials: Readonly<Record<string, string>>,
    ids: readonly string[],
    onStock: (id: string, reservedQty: number) => void,
    onError: (error: Error) => void,
  ) {
    const method = InventoryService.method.watchInventory;
    this.#connection = new Http2Connection(address, grpcHeaders(method, address, credentials), onError);
    const request = create(WatchInventoryRequestSchema, { ids: [...ids] });
    this.#connection.request(
      undefined,
      frame(toBinary(WatchInventoryRequestSchema, request)),
      ({ lastHeaders }) => onError(new Error(`a watch ended: ${lastHeaders?.toString('latin1')}`)),
      (bytes) => this.#read(bytes, onStock),
    );
  }

  close(): void {
    this.#connection.close();
  }

  #read(bytes: Buffer, onStock: (id: string, reservedQty: number) => void): void {
    let left = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    while (left.length >= HEAD_BYTES && left.length >= HEAD_BYTES + left.readUInt32BE(1)) {
      const end = HEAD_BYTES + left.readUInt32BE(1);
      const { id, reservedQty } = fromBinary(WatchInventoryResponseSchema, left.subarray(HEAD_BYTES, end));
      onStock(id, reservedQty);
      left = left.subarray(end);
    }
    this.#received = left;
  }
}
