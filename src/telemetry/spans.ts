export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Identifies a recorded span. It is plain data, which can be sent to another process. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
}

/** A call as its trace shows it, from its arrival to its answer. */
export interface CallSpan {
  readonly traceId: string;
  /** Undefined: it is not recorded, so nothing needs to be linked to it. */
  readonly place: SpanPlace | undefined;
  /**
   * A call begins that this one brings. It is within this span. But if this is a stream without a caller's span, which
   * may stay open for days, the call is a trace of its own, linked to the stream.
   */
  call(name: string): CallSpan;
  /**
   * To be called once. `attributes` is only called if the span is recorded; `error`: what went wrong, if it is our
   * fault.
   */
  end(attributes: () => SpanAttributes, error: string | undefined): void;
}

/** The headers of https://www.w3.org/TR/trace-context/, as sent. */
export interface SentTrace {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** A transaction that commands of several calls shared. */
export interface BatchSpan {
  /** By `performance.now()`. */
  readonly startedAtMs: number;
  /** The calls whose commands it carried. */
  readonly calls: readonly SpanPlace[];
  /** The calls whose commands it left undone, since somebody else had a record that they need. */
  readonly blocked: readonly SpanPlace[];
  readonly attributes: SpanAttributes;
  /** Why it was rolled back, or may have been. */
  readonly error: string | undefined;
}

/** Records calls and transactions as spans, and sends them. Nothing waits for that. */
export interface Tracing {
  /** A call begins: within its caller's span, if it brings one, or as a trace of its own. */
  call(name: string, sent: SentTrace): CallSpan;
  /** The same for a call that stays open. */
  stream(name: string, sent: SentTrace): CallSpan;
  /** A transaction has ended. It is a trace of its own. It is linked to its calls, and they are linked to it. */
  batch(batch: BatchSpan): void;
  /** Sends the remaining spans, as far as that is possible in this time. */
  stop(withinMs: number): Promise<void>;
}
