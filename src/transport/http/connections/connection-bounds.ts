/** What bounds the connections of a port. */
export interface ConnectionBounds {
  /** How long one may be idle. */
  readonly keepAliveMs: number;
  /** At this age it is asked to end when its calls are answered; 0: never. */
  readonly maxAgeMs: number;
  /** How long the body of a request may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** How long an answer may be left unread, beside the time that its bytes take a slow reader. */
  readonly unreadMs: number;
}

/** How long the first word of a connection may take, a TLS handshake, and the head of a request. */
export function headTimeoutMs({ bodyTimeoutMs }: ConnectionBounds): number {
  return Math.min(10_000, bodyTimeoutMs);
}

/** When a connection that begins now is old; spread, so that those that began together do not end together. */
export function endOfAge({ maxAgeMs }: ConnectionBounds): number {
  return maxAgeMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + maxAgeMs * (0.9 + Math.random() / 5);
}
