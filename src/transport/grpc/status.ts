import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import type { Failure } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { errorCodes, errorDetails } from '../errors.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../request-id.js';

/** A failure as grpc-js sends it: status, message, and google.rpc.Status with the details in the trailers. */
export function grpcError(
  failure: Failure,
  replayed: boolean,
  requestId: string,
): Partial<ServerErrorResponse> {
  const { code } = errorCodes[failure.reason];
  const message = failureMessage(failure);
  const details = errorDetails(failure).map(({ desc, value }) => anyPack(desc, create(desc, value)));
  const status = create(StatusSchema, { code, message, details });
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, status)));
  metadata.set(REQUEST_ID_HEADER, requestId);
  if (replayed) metadata.set(REPLAYED_HEADER, 'true');
  return { code: code as number, details: message, metadata };
}
