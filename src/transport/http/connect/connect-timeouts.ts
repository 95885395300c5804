import { boundedConnectTimeout, boundedGrpcTimeout } from '../../timeouts.js';

/** The library sets a timer for any timeout, and one too long for a timer fires immediately. */
export function cutTimeouts(headers: Headers): void {
  for (const [name, cut] of timeouts) {
    const mended = cut(headers.get(name) ?? '');
    // The library itself refuses invalid ones.
    if (mended !== undefined) headers.set(name, mended);
  }
}

const timeouts = [
  ['grpc-timeout', boundedGrpcTimeout],
  ['connect-timeout-ms', boundedConnectTimeout],
] as const;
