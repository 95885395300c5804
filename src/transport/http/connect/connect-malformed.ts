import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { createAsyncIterable, encodeEnvelope, readAllBytes } from '@connectrpc/connect/protocol';
import { codeToHttpStatus, errorFromJsonBytes, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { findTrailerError, setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { trailerFlag, trailerParse, trailerSerialize } from '@connectrpc/connect/protocol-grpc-web';
import type { Failure } from '../../../domain/failure.js';
import { REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import { undecidedCredentials } from '../../dispatch/undecided-credentials.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { connectError } from './connect-error.js';

export const ENVELOPE_HEADER_BYTES = 5;

/** The call that failed. */
export interface FailedCall {
  readonly requestId: string;
  readonly help: HelpLinks;
  isAuthenticated(): Promise<boolean>;
}

/**
 * Gives the library's own INVALID_ARGUMENT errors (a truncated envelope, invalid gzip: no handler saw them) the form of
 * ours: UNAUTHENTICATED for a caller without valid credentials, otherwise MALFORMED_REQUEST with details.
 *
 * The library has no hook before it decompresses. Its errors can be recognised afterwards: all of ours carry details,
 * and none of its own do.
 */
export async function explainMalformed(
  response: UniversalServerResponse,
  call: FailedCall,
): Promise<UniversalServerResponse> {
  const contentType = response.header?.get('content-type') ?? '';
  if (response.status !== 200) {
    if (contentType !== 'application/json' || response.body === undefined) return response;
    const body = await readAllBytes(response.body, Number.MAX_SAFE_INTEGER);
    const unread: UniversalServerResponse = { ...response, body: createAsyncIterable([body]) };
    const encoded = response.header?.has('content-encoding') === true;
    const error = encoded ? undefined : sentError(body);
    if (!isMalformed(error)) return unread;
    const explained = await explain(error, call);
    const json = errorToJsonBytes(explained, undefined);
    response.header?.set('content-length', String(json.byteLength));
    const status = codeToHttpStatus(explained.code);
    return { ...response, status, body: createAsyncIterable([json]) };
  }
  if (contentType.startsWith('application/grpc-web')) return explainGrpcWeb(response, call);
  if (contentType.startsWith('application/grpc') && response.trailer !== undefined) {
    await explainTrailer(response.trailer, call);
  }
  return response;
}

/** gRPC-Web carries its trailers as the last envelope of the body, and as the only one of a failed unary call. */
async function explainGrpcWeb(
  response: UniversalServerResponse,
  call: FailedCall,
): Promise<UniversalServerResponse> {
  if (response.body === undefined) return response;
  const body = await readAllBytes(response.body, Number.MAX_SAFE_INTEGER);
  const unread = { ...response, body: createAsyncIterable([body]) };
  if (body[0] !== trailerFlag) return unread;
  return { ...response, body: createAsyncIterable([await explainTrailerEnvelope(body, call)]) };
}

/** The same for gRPC-Web's trailers alone, in their envelope. */
export async function explainTrailerEnvelope(envelope: Uint8Array, call: FailedCall): Promise<Uint8Array> {
  const trailer = trailerParse(envelope.subarray(ENVELOPE_HEADER_BYTES));
  if (!(await explainTrailer(trailer, call))) return envelope;
  return encodeEnvelope(trailerFlag, trailerSerialize(trailer));
}

/**
 * The same for trailers. Error trailers carry the request id too, because a client's error does not show the headers.
 */
export async function explainTrailer(trailer: Headers, call: FailedCall): Promise<boolean> {
  const error = findTrailerError(trailer);
  if (error === undefined) return false;
  if (isMalformed(error)) setTrailerStatus(trailer, await explain(error, call));
  trailer.set(REQUEST_ID_HEADER, call.requestId);
  return true;
}

function sentError(body: Uint8Array): ConnectError | undefined {
  const unreadable = new ConnectError('', Code.Unknown);
  try {
    return errorFromJsonBytes(body, undefined, unreadable);
  } catch {
    return undefined;
  }
}

export function isMalformed(error: ConnectError | undefined): error is ConnectError {
  return error !== undefined && error.details.length === 0 && error.code === Code.InvalidArgument;
}

/** Our error in place of the library's. */
export async function explain(error: ConnectError, call: FailedCall): Promise<ConnectError> {
  const failure = await call.isAuthenticated().then(
    (good): Failure =>
      good ? { reason: 'MALFORMED_REQUEST', description: error.rawMessage } : { reason: 'UNAUTHENTICATED' },
    (thrown): Failure => {
      const undecided = undecidedCredentials(thrown);
      if (undecided === undefined) throw thrown;
      return undecided;
    },
  );
  return connectError(failure, call.help);
}
