import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { compressionGzip } from '@connectrpc/connect-node';
import type { CallMetadata } from '../../dispatch/dispatcher.js';
import { notRead } from '../../dispatch/unreadable-request.js';
import type { DoorOptions } from '../../door-options.js';
import type { Operation } from '../../operations/operation.js';
import { brotli } from './brotli.js';
import { leaveMessage, takeMessage } from './connect-request.js';

/** Supported compressions. */
export const compressions = [compressionGzip, brotli];

type Options = Pick<DoorOptions, 'bodyRoom' | 'dispatcher' | 'bodyBytesMax' | 'batchBodyBytesMax'>;

/** Reads the messages of calls, within their limits. */
export class ConnectMessages {
  readonly #options: Options;
  /** Calls whose messages may be longer than those of most, by path. */
  readonly #long: ReadonlyMap<string, Operation>;

  constructor(options: Options, long: ReadonlyMap<string, Operation>) {
    this.#options = options;
    this.#long = long;
  }

  bytesMaxOf(path: string): number {
    const { bodyBytesMax, batchBodyBytesMax } = this.#options;
    return this.#long.has(path) ? batchBodyBytesMax : bodyBytesMax;
  }

  /** Takes the message out of a request, unless it may be long and nobody knows whose it is. */
  async take(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    universal: UniversalServerRequest,
    credentials: Pick<CallMetadata, 'header'>,
  ): Promise<UniversalServerRequest> {
    const { bodyRoom, dispatcher, bodyBytesMax } = this.#options;
    const operation = this.#long.get(path);
    const mayBeLong = operation !== undefined && !(Number(request.headers['content-length']) <= bodyBytesMax);
    if (mayBeLong && !(await dispatcher.mayBring(operation, credentials))) {
      return leaveMessage(universal, notRead());
    }
    const held = bodyRoom.hold(mayBeLong, () => response.destroy());
    response.once('close', () => held.free());
    return takeMessage(universal, this.bytesMaxOf(path), compressions, held);
  }
}
