/** What the load generator is to do. */
export interface LoadPlan {
  readonly door: 'grpc' | 'rest';
  /** host:port */
  readonly address: string;
  /** Credentials, as headers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * closed: so many calls in flight, each answer starts the next.
   * open: so many calls a second, at random like those of callers who know nothing of each other (Poisson), sent
   * when due whether or not earlier ones are answered. Latency counts from the due time, so a server that stalls
   * does not hide the calls that it kept waiting.
   */
  readonly arrival:
    | { readonly kind: 'closed'; readonly inFlight: number }
    | { readonly kind: 'open'; readonly perSecond: number };
  /** Calls go to so many records, by chance. */
  readonly records: number;
  /** Of so many in the table. */
  readonly tableRecords: number;
  /** Each call is a ReserveOrder of so many lines; 0: a Reserve. */
  readonly orderLines: number;
  /** Part of the calls that go to a record which has nothing left. */
  readonly soldOutShare: number;
  /** Each call carries a key of its own. */
  readonly idempotencyKeys: boolean;
  /** Calls answered before are counted for the audit, not for the figures. */
  readonly warmupMs: number;
  readonly measureMs: number;
  /** The measured time is also reported in so many parts; 0: as a whole only. */
  readonly parts: number;
}

export interface LoadResult extends PartResult {
  /** Calls granted: everything that was answered, warm-up included. */
  readonly successes: number;
  readonly rejections: number;
  /** Units that these callers were told they have. */
  readonly units: number;
  /** Of a granted call: its lines, of one unit each. */
  readonly unitsPerCall: number;
  readonly parts?: readonly PartResult[];
}

/** Of the measured time, or a part of it. */
export interface PartResult {
  /** Answers a second. */
  readonly perSecond: number;
  /** Of the calls that were answered in it. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Units in stock of each record that is not sold out. */
export const ON_HAND_QTY = 2_000_000_000;

export const RECORD_ID_PREFIX = 'inv_';

export function recordId(index: number): string {
  return `${RECORD_ID_PREFIX}${index}`;
}

export const SOLD_OUT_ID = 'inv_sold_out';
