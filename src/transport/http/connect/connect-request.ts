import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { Compression, UniversalServerRequest } from '@connectrpc/connect/protocol';
import { createAsyncIterable, encodeEnvelope } from '@connectrpc/connect/protocol';
import { parseContentType as parseConnect } from '@connectrpc/connect/protocol-connect';
import { parseContentType as parseGrpc } from '@connectrpc/connect/protocol-grpc';
import { parseContentType as parseGrpcWeb } from '@connectrpc/connect/protocol-grpc-web';
import { ENVELOPE_HEADER_BYTES } from './connect-malformed.js';

/** A request's message as it was sent, unpacked. */
export interface SentMessage {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

const sentKey = createContextKey<SentMessage | undefined>(undefined);

/** What `takeMessage` took out of the request. */
export function sentMessage(context: HandlerContext): SentMessage | undefined {
  return context.values.get(sentKey);
}

/**
 * Takes the message out of a request and leaves an empty one in its place: the library reads JSON and protobuf less
 * strictly than the other doors do, without a hook, and before anybody knows who calls. What is not one whole message
 * that can be unpacked (two of them, one that breaks off, an encoding that there is not) stays as it is: for that the
 * library has each protocol's words.
 */
export async function takeMessage(
  request: UniversalServerRequest,
  bytesMax: number,
  compressions: readonly Compression[],
): Promise<UniversalServerRequest> {
  const format = request.method === 'POST' ? formatOf(request.header.get('content-type')) : undefined;
  if (format === undefined) return request;
  const { isBinary, isEnveloped } = format;
  if (!isEnveloped && Number(request.header.get('content-length')) > bytesMax) return request;
  const { whole, again } = await readUpTo(
    request.body as AsyncIterable<Uint8Array>,
    bytesMax + ENVELOPE_HEADER_BYTES,
    (first) => isEnveloped && declaredBytes(first) > bytesMax,
  );
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
  // Packed as it was: the library packs its answer alike.
  return { ...request, body: createAsyncIterable([compression ? await compression.compress(empty) : empty]) };
}

/** How a request is written. */
interface Format {
  readonly isBinary: boolean;
  readonly isEnveloped: boolean;
  readonly encodingHeader: string;
}

/** By its `Content-Type`; undefined where the library will refuse it. */
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

/** The message of a body that has one, and nothing else. */
function soleEnvelope(body: Buffer): { bytes: Uint8Array; isCompressed: boolean } | undefined {
  const flags = body[0] ?? 0xff;
  if (flags > 1 || body.length < ENVELOPE_HEADER_BYTES) return undefined;
  if (declaredBytes(body) !== body.length - ENVELOPE_HEADER_BYTES) return undefined;
  return { bytes: body.subarray(ENVELOPE_HEADER_BYTES), isCompressed: flags === 1 };
}

/** What an envelope says that it holds. */
function declaredBytes(envelope: Uint8Array): number {
  return envelope.length < ENVELOPE_HEADER_BYTES ? 0 : Buffer.from(envelope.subarray(1, 5)).readUInt32BE();
}

/**
 * A body as far as its first bytes go, or its first chunk is not too much by itself: the whole of it, if that is all;
 * and a body that is the same again.
 */
async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  isTooMuch: (firstChunk: Uint8Array) => boolean,
): Promise<{ whole: Buffer | undefined; again: AsyncIterable<Uint8Array> }> {
  const chunks: Uint8Array[] = [];
  const rest = body[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      chunks.push(next.value);
      bytes += next.value.length;
      if (bytes > bytesMax || (chunks.length === 1 && isTooMuch(next.value))) {
        return { whole: undefined, again: continued(chunks, rest) };
      }
    }
  } catch (error) {
    // The caller is gone, which the library hears in its place.
    return { whole: undefined, again: continued([], { next: () => Promise.reject(error) }) };
  }
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
    // Who stops reading lets go of the request.
    await rest.return?.();
  }
}
