/** Limits for the connections of a port. */
export interface ConnectionBounds {
  /** How long a connection may be idle. */
  readonly httpKeepAliveMs: number;
  /** At this age a connection is asked to end once its calls are answered; 0: never. */
  readonly connectionMaxAgeMs: number;
  /** How long the body of a request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** How long an answer may be left unread, in addition to the time that its bytes take a slow reader. */
  readonly streamStalledMs: number;
}

/** How long the first bytes of a connection, a TLS handshake, and the head of a request may each take. */
export function headTimeoutMs({ requestTimeoutMs }: ConnectionBounds): number {
  return Math.min(10_000, requestTimeoutMs);
}

/**
 * When a connection that begins now reaches its maximum age; randomised, so that those that began together do not end
 * together.
 */
export function endOfAge({ connectionMaxAgeMs }: ConnectionBounds): number {
  return connectionMaxAgeMs === 0
    ? Number.POSITIVE_INFINITY
    : performance.now() + connectionMaxAgeMs * (0.9 + Math.random() / 5);
}
