import type { IncomingHttpHeaders } from 'node:http2';
import type { Metadata } from '@grpc/grpc-js';
import { refuseRepeatedKey } from '../../dispatch/idempotency-key.js';
import { boundedGrpcTimeout, GRPC_TIMEOUT_RULE } from '../../timeouts.js';

/** Tells the code that reads a call's metadata what is wrong with its headers; no client can send it. */
export const MALFORMED_HEADER = 'holdfast-malformed';

/**
 * Repairs a call's headers before grpc-js sees them. It accepts any text with a digit and a unit in it as a timeout,
 * and reads long ones as negative. It also drops what is not printable ASCII, so a key that was sent would count as
 * absent.
 */
export function mendHeaders(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
  delete headers[MALFORMED_HEADER];
  const timeout = headers['grpc-timeout'];
  if (timeout !== undefined) {
    const mended = boundedGrpcTimeout(String(timeout));
    if (mended === undefined) headers[MALFORMED_HEADER] = GRPC_TIMEOUT_RULE;
    headers['grpc-timeout'] = mended;
  }
  refuseRepeatedKey(headers, rawHeaders);
  const key = headers['idempotency-key'];
  // An empty key gets the same error as every other invalid key.
  if (key !== undefined && !/^[ -~]*$/.test(String(key))) headers['idempotency-key'] = '';
}

/** What is wrong with a call's headers; undefined: nothing. */
export function malformation(metadata: Metadata): string | undefined {
  return metadata.get(MALFORMED_HEADER)[0]?.toString();
}
