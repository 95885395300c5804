import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { DataSource } from 'typeorm';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { InventoryLog, InventoryRecord } from './entities.js';
import { reserve } from './reserve.js';

const POOL_CONNECTIONS = 10;

/**
 * What a competent developer writes in an afternoon: connect-node over cleartext HTTP/2, and TypeORM. It knows no
 * credentials and no idempotency keys, and keeps no holds, so it does less for each call than Holdfast.
 */
export class PlainServer {
  #dataSource: DataSource;

  readonly #databaseUrl: string;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
    this.#dataSource = this.#createDataSource(POOL_CONNECTIONS);
  }

  /** Creates the tables, listens on a free port; returns host:port. */
  async listen(): Promise<string> {
    await this.#dataSource.initialize();
    await this.#dataSource.synchronize();
    const server = createServer(
      connectNodeAdapter({
        routes: (router) => {
          router.service(InventoryService, {
            reserve: async (request) => {
              const { id, onHandQty, reservedQty } = await reserve(this.#dataSource, request);
              return { stock: { id, onHandQty, reservedQty, availableQty: onHandQty - reservedQty } };
            },
          });
        },
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Changes the size of the pool; no call may be in progress. */
  async usePool(connections: number): Promise<void> {
    await this.#dataSource.destroy();
    this.#dataSource = this.#createDataSource(connections);
    await this.#dataSource.initialize();
  }

  #createDataSource(poolSize: number): DataSource {
    return new DataSource({
      type: 'postgres',
      url: this.#databaseUrl,
      entities: [InventoryRecord, InventoryLog],
      poolSize,
    });
  }
}
