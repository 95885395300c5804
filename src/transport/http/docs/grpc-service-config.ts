import type { PathAnswer } from '../request-listener.js';
import { docsFile } from './docs-file.js';

/**
 * Retry policies for gRPC clients, by path. A client cannot tell an UNAVAILABLE of the service from a connection that
 * was lost after the call took effect, so without idempotency keys only reads may be retried: that is the first policy.
 * The second, for callers that send a key with every change, retries everything. Throws if they were not shipped.
 * https://github.com/grpc/grpc/blob/master/doc/service_config.md
 */
export function grpcServiceConfigs(): ReadonlyMap<string, PathAnswer> {
  return new Map(
    ['grpc-service-config.json', 'grpc-service-config-with-keys.json'].map((name) => [
      `/${name}`,
      docsFile(name, 'application/json'),
    ]),
  );
}
