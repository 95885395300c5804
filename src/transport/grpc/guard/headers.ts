import type { IncomingHttpHeaders } from 'node:http2';
import type { Metadata } from '@grpc/grpc-js';
import { refuseRepeatedKey } from '../../dispatch/idempotency-key.js';
import { boundedGrpcTimeout, GRPC_TIMEOUT_RULE } from '../../timeouts.js';

/** Carries what is wrong with a call's headers to whoever reads its metadata; nobody can send it. */
const MALFORMED_HEADER = 'holdfast-malformed';

/**
 * Makes a call's headers such that grpc-js understands them as they are meant, before it has them. It takes any text
 * with a digit and a unit in it for a timeout, and counts long ones as negative; and it drops what is not printable
 * ASCII, so that a key that was sent would count as none.
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
  // An empty key is refused in the words for all that are no keys.
  if (key !== undefined && !/^[ -~]*$/.test(String(key))) headers['idempotency-key'] = '';
}

/** What is wrong with a call's headers; undefined: nothing. */
export function malformation(metadata: Metadata): string | undefined {
  return metadata.get(MALFORMED_HEADER)[0]?.toString();
}
