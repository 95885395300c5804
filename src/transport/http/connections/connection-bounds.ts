/** What bounds the connections of a port. */
export interface ConnectionBounds {
  /** How long one may be idle. */
  readonly httpKeepAliveMs: number;
  /** At this age it is asked to end when its calls are answered; 0: never. */
  readonly connectionMaxAgeMs: number;
  /** How long the body of a request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** How long an answer may be left unread, beside the time that its bytes take a slow reader. */
  readonly streamStalledMs: number;
}

/** How long the first word of a connection may take, a TLS handshake, and the head of a request. */
export function headTimeoutMs({ requestTimeoutMs }: ConnectionBounds): number {
  return Math.min(10_000, requestTimeoutMs);
}

/** When a connection that begins now is old; spread, so that those that began together do not end together. */
export function endOfAge({ connectionMaxAgeMs }: ConnectionBounds): number {
  return connectionMaxAgeMs === 0
    ? Number.POSITIVE_INFINITY
    : performance.now() + connectionMaxAgeMs * (0.9 + Math.random() / 5);
}
