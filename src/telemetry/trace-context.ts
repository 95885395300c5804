/** What a caller's tracing says about a call. */
export interface TraceContext {
  /** 32 hexadecimal digits, the same in all services that take part in one request of a user. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the caller's span. */
  readonly parentId: string;
  /** Whether the caller records it. */
  readonly sampled: boolean;
}

const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/**
 * Reads a `traceparent`; undefined if there is none, or none that can be understood. Future versions may be longer.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function readTraceparent(header: string | undefined): TraceContext | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version, traceId, parentId, flags, more] = match;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId: traceId!, parentId: parentId!, sampled: (Number.parseInt(flags!, 16) & SAMPLED) !== 0 };
}
