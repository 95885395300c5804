import type { OutgoingHttpHeaders } from 'node:http2';
import { toBinary } from '@bufbuild/protobuf';
import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import { LRUCache } from 'lru-cache';
import type { Failure } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import { errorCodes } from '../failures/errors.js';
import { failedLines } from '../failures/failed-lines.js';
import type { HelpLinks } from '../failures/help-links.js';
import { statusMessage } from '../failures/status-message.js';

/** Why a call may be refused before the library sees it. The reason says all there is to say. */
export type BareReason = 'DEADLINE_EXCEEDED' | 'OVERLOADED' | 'RATE_LIMITED' | 'SHUTTING_DOWN';

/** Number of distinct rejections kept in encoded form. */
const REMEMBERED_MAX = 1000;

/** Failures as grpc-js sends them: status, message, and google.rpc.Status with the details in the trailers. */
export class GrpcErrors {
  /**
   * A sold-out record rejects everyone with the same message, just when most callers come. Encoding it again each time
   * would make a rejection more expensive (18 µs) than a success.
   */
  readonly #remembered = new LRUCache<string, Buffer>({ max: REMEMBERED_MAX });
  readonly #headers = new Map<BareReason, OutgoingHttpHeaders>();
  readonly #help: HelpLinks;

  constructor(help: HelpLinks) {
    this.#help = help;
  }

  of(failure: Failure, replayed: boolean, requestId: string): Partial<ServerErrorResponse> {
    const message = failureMessage(failure);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', this.details(failure, message));
    metadata.set(REQUEST_ID_HEADER, requestId);
    if (replayed) metadata.set(REPLAYED_HEADER, 'true');
    return { code: errorCodes[failure.reason].code as number, details: message, metadata };
  }

  /** How a stream ends that the library does not answer. */
  trailersOf(failure: Failure, requestId: string): OutgoingHttpHeaders {
    const { code, details, metadata } = this.of(failure, false, requestId);
    return { 'grpc-status': code!, 'grpc-message': encodeURI(details!), ...metadata!.toHttp2Headers() };
  }

  /** The only headers of such a stream, if it never begins. */
  refusalOf(failure: Failure, requestId: string): OutgoingHttpHeaders {
    return {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      ...this.trailersOf(failure, requestId),
    };
  }

  /** The same, encoded once for each reason: a flood of calls is refused by them. */
  bareRefusalOf(reason: BareReason, requestId: string): OutgoingHttpHeaders {
    let headers = this.#headers.get(reason);
    if (headers === undefined) {
      headers = this.refusalOf({ reason }, requestId);
      this.#headers.set(reason, headers);
    }
    return { ...headers, [REQUEST_ID_HEADER]: requestId };
  }

  /** google.rpc.Status, encoded. */
  details(failure: Failure, message: string = failureMessage(failure)): Buffer {
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
    return Buffer.from(toBinary(StatusSchema, statusMessage(failure, message, this.#help)));
  }
}
