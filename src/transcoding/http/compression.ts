import { gunzipSync, gzip } from 'node:zlib';
import { MalformedRequest, RequestRefused } from '../faults.js';

/** How a body is compressed, by its `Content-Encoding`; undefined if the encoding is not supported. */
export function packing(contentEncoding: string | undefined): 'gzip' | 'none' | undefined {
  if (contentEncoding === undefined) return 'none';
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  const [first, second] = codings.filter((coding) => coding !== '' && coding !== 'identity');
  if (first === undefined) return 'none';
  return second === undefined && (first === 'gzip' || first === 'x-gzip') ? 'gzip' : undefined;
}

/** The most bytes that an honest compressor makes of this many: incompressible data grows by less than this. */
export function packedBytesMax(bytesMax: number): number {
  return bytesMax + (bytesMax >> 8) + 1024;
}

/**
 * Decompresses a body whose compressed size is already limited. Runs in this thread: the limit keeps it short, and the
 * thread pool would let strangers have bodies decompressed before anybody checked their credentials.
 *
 * @throws RequestRefused when it decompresses to more than `bytesMax` bytes, of which no more are produced;
 * MalformedRequest when it is damaged or cut off.
 */
export function unpack(body: Uint8Array, bytesMax: number): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(bytesMax, 1) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RequestRefused({ kind: 'body_too_large', bytesMax });
    }
    throw new MalformedRequest('the body is not valid gzip');
  }
}

/** Media types that shrink; pictures and archives are already compressed. */
export function isWorthPacking(contentType: string): boolean {
  return /^\s*(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|javascript)\b|[\w.-]+\/[\w.-]+\+(?:json|xml)\b)/i.test(
    contentType,
  );
}

/** Compresses a response in the thread pool; passes undefined if that fails. */
export function pack(body: string | Uint8Array, done: (packed: Uint8Array | undefined) => void): void {
  gzip(body, (error, packed) => done(error === null ? packed : undefined));
}
