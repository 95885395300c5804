import { create, toBinary } from '@bufbuild/protobuf';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import { LRUCache } from 'lru-cache';
import type { Failure } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import { errorCodes, errorDetails } from '../failures/errors.js';
import { failedLines } from '../failures/failed-lines.js';
import type { HelpLinks } from '../failures/help-links.js';

/** Number of distinct rejections kept in encoded form. */
const REMEMBERED_MAX = 1000;

/** Failures as grpc-js sends them: status, message, and google.rpc.Status with the details in the trailers. */
export class GrpcErrors {
  /**
   * A sold-out record rejects everyone with the same message, just when most callers come. Encoding it again each time
   * would make a rejection more expensive (18 µs) than a success.
   */
  readonly #remembered = new LRUCache<string, Buffer>({ max: REMEMBERED_MAX });
  readonly #help: HelpLinks;

  constructor(help: HelpLinks) {
    this.#help = help;
  }

  of(failure: Failure, replayed: boolean, requestId: string): Partial<ServerErrorResponse> {
    const message = failureMessage(failure);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', this.#details(failure, message));
    metadata.set(REQUEST_ID_HEADER, requestId);
    if (replayed) metadata.set(REPLAYED_HEADER, 'true');
    return { code: errorCodes[failure.reason].code as number, details: message, metadata };
  }

  #details(failure: Failure, message: string): Buffer {
    if (failedLines(failure) !== undefined) return this.#encode(failure, message);
    switch (failure.reason) {
      case 'INSUFFICIENT_STOCK':
      case 'INSUFFICIENT_RESERVED':
      case 'INVENTORY_NOT_FOUND': {
        // The message of such a failure contains everything in its details.
        let encoded = this.#remembered.get(message);
        if (encoded === undefined) {
          encoded = this.#encode(failure, message);
          this.#remembered.set(message, encoded);
        }
        return encoded;
      }
      default:
        return this.#encode(failure, message);
    }
  }

  #encode(failure: Failure, message: string): Buffer {
    const { code } = errorCodes[failure.reason];
    const details = errorDetails(failure).map(({ desc, value }) => anyPack(desc, create(desc, value)));
    const help = this.#help.of(failure.reason)?.detail;
    if (help !== undefined) {
      details.push(create(AnySchema, { typeUrl: `type.googleapis.com/${help.type}`, value: help.value }));
    }
    return Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, message, details })));
  }
}
