import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { Compression, UniversalServerRequest } from '@connectrpc/connect/protocol';
import { createAsyncIterable, encodeEnvelope } from '@connectrpc/connect/protocol';
import { parseContentType as parseConnect } from '@connectrpc/connect/protocol-connect';
import { parseContentType as parseGrpc } from '@connectrpc/connect/protocol-grpc';
import { parseContentType as parseGrpcWeb } from '@connectrpc/connect/protocol-grpc-web';
import type { HeldBody } from '../../../transcoding/index.js';
import { NoRoom } from '../../dispatch/unreadable-request.js';
import { ENVELOPE_HEADER_BYTES } from './connect-malformed.js';

/** A request's message as sent, decompressed. */
export interface SentMessage {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

const sentKey = createContextKey<SentMessage | Error | undefined>(undefined);

/** The message that `takeMessage` took out of the request. @throws NoRoom, or what `leaveMessage` was given. */
export function sentMessage(context: HandlerContext): SentMessage | undefined {
  const sent = context.values.get(sentKey);
  if (sent instanceof Error) throw sent;
  return sent;
}

/** Leaves the message unread, and puts an empty one in its place, for an operation that refuses the call. */
export function leaveMessage(request: UniversalServerRequest, why: Error): UniversalServerRequest {
  const format = request.method === 'POST' ? formatOf(request.header.get('content-type')) : undefined;
  if (format === undefined) return request;
  const { isBinary, isEnveloped, encodingHeader } = format;
  request.contextValues?.set(sentKey, why);
  request.header.delete('content-length');
  request.header.delete(encodingHeader);
  const empty = Buffer.from(isBinary ? '' : '{}');
  return { ...request, body: createAsyncIterable([isEnveloped ? encodeEnvelope(0, empty) : empty]) };
}

/**
 * Takes the message out of a request and leaves an empty one in its place. The library reads JSON and protobuf less
 * strictly than the other doors, has no hook for it, and reads before the caller is known. Anything other than one
 * whole message that can be decompressed (two messages, a truncated one, an unknown encoding) stays as it is: for that,
 * the library has each protocol's own errors.
 */
export async function takeMessage(
  request: UniversalServerRequest,
  bytesMax: number,
  compressions: readonly Compression[],
  held: HeldBody,
): Promise<UniversalServerRequest> {
  const format = request.method === 'POST' ? formatOf(request.header.get('content-type')) : undefined;
  if (format === undefined) return request;
  const { isBinary, isEnveloped } = format;
  if (!isEnveloped && Number(request.header.get('content-length')) > bytesMax) return request;
  const read = await readUpTo(
    request.body as AsyncIterable<Uint8Array>,
    bytesMax + ENVELOPE_HEADER_BYTES,
    (first) => isEnveloped && declaredBytes(first) > bytesMax,
    held,
  );
  if (read === undefined) {
    held.free();
    return leaveMessage(request, new NoRoom());
  }
  const { whole, again } = read;
  const untouched = { ...request, body: again };
  const packed = whole && (isEnveloped ? soleEnvelope(whole) : { bytes: whole, isCompressed: true });
  if (packed === undefined || packed.bytes.length > bytesMax) return untouched;
  const encoding = packed.isCompressed
    ? (request.header.get(format.encodingHeader) ?? 'identity')
    : 'identity';
  const compression = compressions.find(({ name }) => name === encoding);
  const isUnpackable = encoding === 'identity' ? !isEnveloped || !packed.isCompressed : compression;
  if (!isUnpackable) return untouched;
  const bytes = compression
    ? await compression.decompress(packed.bytes, bytesMax).catch(() => undefined)
    : packed.bytes;
  if (bytes === undefined) return untouched;
  request.contextValues?.set(sentKey, { bytes, isBinary });
  const empty = Buffer.from(isBinary ? '' : '{}');
  request.header.delete('content-length');
  if (isEnveloped) return { ...request, body: createAsyncIterable([encodeEnvelope(0, empty)]) };
  // Compressed as the original was, because the library compresses its answer the same way.
  return { ...request, body: createAsyncIterable([compression ? await compression.compress(empty) : empty]) };
}

/** How a request is encoded. */
interface Format {
  readonly isBinary: boolean;
  readonly isEnveloped: boolean;
  readonly encodingHeader: string;
}

/** Derived from `Content-Type`; undefined if the library will refuse it. */
function formatOf(contentType: string | null): Format | undefined {
  const connect = parseConnect(contentType);
  if (connect !== undefined) {
    const encodingHeader = connect.stream ? 'connect-content-encoding' : 'content-encoding';
    return { isBinary: connect.binary, isEnveloped: connect.stream, encodingHeader };
  }
  const grpcWeb = parseGrpcWeb(contentType);
  const grpc = grpcWeb?.text === true ? undefined : (grpcWeb ?? parseGrpc(contentType));
  return grpc && { isBinary: grpc.binary, isEnveloped: true, encodingHeader: 'grpc-encoding' };
}

/** The message of a body that holds exactly one. */
function soleEnvelope(body: Buffer): { bytes: Uint8Array; isCompressed: boolean } | undefined {
  const flags = body[0] ?? 0xff;
  if (flags > 1 || body.length < ENVELOPE_HEADER_BYTES) return undefined;
  if (declaredBytes(body) !== body.length - ENVELOPE_HEADER_BYTES) return undefined;
  return { bytes: body.subarray(ENVELOPE_HEADER_BYTES), isCompressed: flags === 1 };
}

/** The size that an envelope declares. */
function declaredBytes(envelope: Uint8Array): number {
  return envelope.length < ENVELOPE_HEADER_BYTES ? 0 : Buffer.from(envelope.subarray(1, 5)).readUInt32BE();
}

/**
 * Buffers a body up to `bytesMax`, or only its first chunk if `isTooMuch` says so. Returns the whole body if that was
 * all of it, and a body that replays everything; undefined if there is no room for it.
 */
async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  isTooMuch: (firstChunk: Uint8Array) => boolean,
  held: HeldBody,
): Promise<{ whole: Buffer | undefined; again: AsyncIterable<Uint8Array> } | undefined> {
  const chunks: Uint8Array[] = [];
  const rest = body[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      // To release the rest would close an HTTP/1.1 connection before the answer.
      if (!held.grow(next.value.length)) return undefined;
      chunks.push(next.value);
      bytes += next.value.length;
      if (bytes > bytesMax || (chunks.length === 1 && isTooMuch(next.value))) {
        return { whole: undefined, again: continued(chunks, rest) };
      }
    }
  } catch (error) {
    // The caller is gone; the library sees the error instead.
    return { whole: undefined, again: continued([], { next: () => Promise.reject(error) }) };
  }
  held.keep();
  return { whole: Buffer.concat(chunks, bytes), again: createAsyncIterable(chunks) };
}

async function* continued(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunks;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    // A consumer that stops reading releases the request.
    await rest.return?.();
  }
}
