import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createContextKey, createContextValues, type HandlerContext } from '@connectrpc/connect';
import { encodeEnvelope, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import { endStreamFlag, endStreamFromJson, errorToJson } from '@connectrpc/connect/protocol-connect';
import { trailerFlag } from '@connectrpc/connect/protocol-grpc-web';
import { unbuffered } from '../../../transcoding/index.js';
import { REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import { slowReader } from '../../operations/stream-operation.js';
import { cutWhenStalled } from '../connections/cut-stalled.js';
import {
  ENVELOPE_HEADER_BYTES,
  explain,
  explainTrailer,
  explainTrailerEnvelope,
  type FailedCall,
  isMalformed,
} from './connect-malformed.js';
import type { GrpcWebText } from './grpc-web-text.js';

const headKey = createContextKey<(head: Headers) => void>(() => {});
const stalledKey = createContextKey(new AbortController().signal);

/** The context behind `sendHead` and `leftSignal`; gives up on readers who do not read. */
export function streamContext(response: ServerResponse, text: GrpcWebText, streamStalledMs: number) {
  for (const [name, value] of Object.entries(unbuffered)) response.setHeader(name, value);
  const stalled = new AbortController();
  cutWhenStalled(response, streamStalledMs, () => stalled.abort(slowReader()));
  const sendHead = (libraryHead: Headers): void => {
    const head = new Headers(libraryHead);
    text.relabel(head);
    response.writeHead(200, Object.fromEntries(head) as OutgoingHttpHeaders);
    response.flushHeaders();
    // The library sends the same head again with the first message.
    response.writeHead = () => response;
  };
  return createContextValues().set(headKey, sendHead).set(stalledKey, stalled.signal);
}

/** Aborted when the caller leaves, or is disconnected. */
export function leftSignal(context: HandlerContext): AbortSignal {
  return AbortSignal.any([context.values.get(stalledKey), context.signal]);
}

/**
 * Tells the caller that the stream has begun. The library would wait for the first message, and a proxy might take the
 * silence for a service that does not answer.
 */
export function sendHead(context: HandlerContext): void {
  context.values.get(headKey)(context.responseHeader);
}

/** The streaming counterpart of `explainMalformed`. `spell` rewrites gRPC's trailers, which are known at the end. */
export async function* explainedStream(
  { header, body, trailer }: UniversalServerResponse,
  call: FailedCall,
  spell: (trailer: Headers) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const contentType = header?.get('content-type') ?? '';
  const isConnect = contentType.startsWith('application/connect');
  const isGrpcWeb = contentType.startsWith('application/grpc-web');
  // Each chunk is an envelope.
  for await (const chunk of body ?? []) {
    if (isConnect && chunk[0] === endStreamFlag) yield await explainEnd(chunk, call);
    else if (isGrpcWeb && chunk[0] === trailerFlag) yield await explainTrailerEnvelope(chunk, call);
    else yield chunk;
  }
  if (trailer === undefined) return;
  await explainTrailer(trailer, call);
  spell(trailer);
}

/** Connect's last envelope: https://connectrpc.com/docs/protocol/#error-end-stream */
async function explainEnd(envelope: Uint8Array, call: FailedCall): Promise<Uint8Array> {
  const bytes = envelope.subarray(ENVELOPE_HEADER_BYTES);
  const { error } = endStreamFromJson(bytes);
  if (error === undefined) return envelope;
  const end = JSON.parse(Buffer.from(bytes).toString());
  end.metadata = { ...end.metadata, [REQUEST_ID_HEADER]: [call.requestId] };
  if (isMalformed(error)) end.error = errorToJson(await explain(error, call), undefined);
  return encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify(end)));
}
