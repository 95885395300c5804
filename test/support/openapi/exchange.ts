/** One request over REST and its response, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By lower-case name. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Undefined: none was sent. */
  readonly requestBody: string | undefined;
  readonly status: number;
  /** By lower-case name. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

/** How an exchange and the document contradict each other. */
export interface Contradiction {
  readonly kind: /** The document does not know what was answered. */
    | 'undocumented answer'
    /** The document forbids what was sent, and the service accepted it. */
    | 'accepted although forbidden'
    /** The document allows what was sent, and the service refused it. */
    | 'refused although allowed'
    /** The document does not know what was sent. Only checked for callers who mean all that they send. */
    | 'sent although undocumented';
  readonly detail: string;
}
