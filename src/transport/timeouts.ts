/** Timers take a 32-bit number of milliseconds, about 24 days; a longer timeout would fire immediately. */
const TIMEOUT_SECONDS_MAX = 2_147_483;

const GRPC_TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const secondsOf: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1, m: 1e-3, u: 1e-6, n: 1e-9 };

export const GRPC_TIMEOUT_RULE = 'grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n';

/**
 * A `grpc-timeout`, cut to the longest that a timer can wait; undefined if invalid.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function boundedGrpcTimeout(text: string): string | undefined {
  const [, digits, unit] = GRPC_TIMEOUT.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * secondsOf[unit]! > TIMEOUT_SECONDS_MAX ? `${TIMEOUT_SECONDS_MAX}S` : text;
}

/** The milliseconds of a bounded timeout. */
export function grpcTimeoutMs(bounded: string): number {
  const [, digits, unit] = GRPC_TIMEOUT.exec(bounded)!;
  return Number(digits) * secondsOf[unit!]! * 1000;
}

/** A `connect-timeout-ms` likewise. https://connectrpc.com/docs/protocol/#unary-request */
export function boundedConnectTimeout(text: string): string | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  return String(Math.min(Number(text), TIMEOUT_SECONDS_MAX * 1000));
}
