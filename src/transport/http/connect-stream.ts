import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createContextKey, createContextValues, type HandlerContext } from '@connectrpc/connect';
import { encodeEnvelope, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import { endStreamFlag, endStreamFromJson, endStreamToJson } from '@connectrpc/connect/protocol-connect';
import { findTrailerError, setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { trailerFlag } from '@connectrpc/connect/protocol-grpc-web';
import { slowReader } from '../stream.js';
import { ENVELOPE_HEADER_BYTES, explain, explainTrailer, isMalformed } from './connect-malformed.js';
import { cutWhenStalled } from './cut-stalled.js';

const headKey = createContextKey<(head: Headers) => void>(() => {});
const stalledKey = createContextKey(new AbortController().signal);

/** What an implementation asks `sendHead` and `leftSignal` for; gives readers up who do not read. */
export function streamContext(response: ServerResponse, stalledMs: number) {
  const stalled = new AbortController();
  cutWhenStalled(response, stalledMs, () => stalled.abort(slowReader()));
  const sendHead = (head: Headers): void => {
    response.writeHead(200, Object.fromEntries(head) as OutgoingHttpHeaders);
    response.flushHeaders();
    // The library sends the same head once more, with the first message.
    response.writeHead = () => response;
  };
  return createContextValues().set(headKey, sendHead).set(stalledKey, stalled.signal);
}

/** Aborted when the caller goes away, or is sent away. */
export function leftSignal(context: HandlerContext): AbortSignal {
  return AbortSignal.any([context.values.get(stalledKey), context.signal]);
}

/**
 * Tells the caller that the stream has begun. The library would wait for the first message, and a proxy might take
 * the silence for a service that does not answer.
 */
export function sendHead(context: HandlerContext): void {
  context.values.get(headKey)(context.responseHeader);
}

/**
 * What `explainMalformed` does for calls, for streams: a request that nobody could read ends a stream before its
 * first message. `spell` goes over gRPC's trailers, which are known at the end.
 */
export async function* explainedStream(
  { header, body, trailer }: UniversalServerResponse,
  isAuthenticated: () => Promise<boolean>,
  spell: (trailer: Headers) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const contentType = header?.get('content-type') ?? '';
  let first = true;
  for await (const chunk of body ?? []) {
    if (!first) yield chunk;
    else if (chunk[0] === endStreamFlag && contentType.startsWith('application/connect')) {
      yield await explainEnd(chunk, isAuthenticated);
    } else if (chunk[0] === trailerFlag && contentType.startsWith('application/grpc-web')) {
      yield await explainTrailer(chunk, isAuthenticated);
    } else yield chunk;
    first = false;
  }
  if (trailer === undefined) return;
  const error = first ? findTrailerError(trailer) : undefined;
  if (isMalformed(error)) setTrailerStatus(trailer, await explain(error, isAuthenticated));
  spell(trailer);
}

/** Connect's last envelope: https://connectrpc.com/docs/protocol/#error-end-stream */
async function explainEnd(
  envelope: Uint8Array,
  isAuthenticated: () => Promise<boolean>,
): Promise<Uint8Array> {
  const { metadata, error } = endStreamFromJson(envelope.subarray(ENVELOPE_HEADER_BYTES));
  if (!isMalformed(error)) return envelope;
  const explained = endStreamToJson(metadata, await explain(error, isAuthenticated), undefined);
  return encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify(explained)));
}
