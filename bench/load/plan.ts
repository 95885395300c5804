/** What the load generator is to do. */
export interface LoadPlan {
  readonly door: 'grpc' | 'rest';
  /** host:port of each process that serves; connections go to them in turn. */
  readonly addresses: readonly string[];
  /** Credentials, as headers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * closed: `inFlight` calls at a time. Each answer starts the next call, after a pause where one is given.
   * open: `perSecond` calls at random times, like those of callers who know nothing of each other (Poisson). They are
   * sent when due, whether or not earlier ones are answered. Latency counts from the due time, so a server that stalls
   * does not hide the calls that it kept waiting. Calls that fall due beyond `inFlightMax` wait in the generator.
   */
  readonly arrival:
    | { readonly kind: 'closed'; readonly inFlight: number; readonly pauseMs?: number }
    | { readonly kind: 'open'; readonly perSecond: number; readonly inFlightMax: number };
  /**
   * reserve: Reserve, or ReserveOrder; read: GetInventory; watched: a Reserve that is over when a watch of its record
   * has shown it; execute: a Reserve, as a command of a stream; batch: a BatchExecute of `orderLines` reserves;
   * extend_order, set_order, move_order: on orders that already hold units.
   */
  readonly call: CallKind;
  /** Begins the references of this plan; no two plans of a turn share one. */
  readonly referencePrefix: string;
  /** Calls go to this many records, at random. */
  readonly records: number;
  /** The records are evenly spread over those of the table, from this one up to `tableRecords`. */
  readonly firstRecord: number;
  readonly tableRecords: number;
  /** Each call is an order, or a batch, of this many lines; 0: a single record. */
  readonly orderLines: number;
  /** Orders that hold one unit of each of their records before the first call; only where such orders are called. */
  readonly standing: readonly StandingOrder[];
  /** Part of the calls that go to a record which has nothing left. */
  readonly soldOutShare: number;
  /** Each call carries a key of its own. */
  readonly idempotencyKeys: boolean;
  /**
   * How a refusal counts (service overloaded, record busy, merchant over its limit, deadline passed).
   * wrong: like any other wrong answer, it ends the bench. apart: by its reason, and in no figure of the calls that were
   * taken. waited: by its reason, and in the latencies, since its caller has waited that long for nothing.
   */
  readonly refusals: 'wrong' | 'apart' | 'waited';
  /** Calls answered in this time count for the audit, not for the figures. */
  readonly warmupMs: number;
  readonly measureMs: number;
  /** The measured time is also reported in this many parts; 0: only as a whole. */
  readonly parts: number;
}

export type CallKind = 'reserve' | 'read' | 'watched' | 'execute' | 'batch' | StandingOrderCall;

export interface StandingOrder {
  readonly reference: string;
  /** No two the same. */
  readonly ids: readonly string[];
}

export type StandingOrderCall = 'extend_order' | 'set_order' | 'move_order';

export interface LoadResult extends PartResult {
  /** Calls granted: everything that was answered, warm-up included. */
  readonly successes: number;
  readonly rejections: number;
  readonly refusals: Refusals;
  /** How long the slowest answer took, including warm-up and refusals. */
  readonly slowestMs: number;
  /** Records that a granted call changes. */
  readonly linesPerCall: number;
  readonly told: Told;
  readonly parts?: readonly PartResult[];
}

/** The sum of what these callers were told, warm-up included. The database must agree. */
export interface Told {
  /** Units that they hold. */
  readonly units: number;
  /** Holds of these units, each under one reference on one record. */
  readonly holds: number;
  readonly references: number;
  /** Log entries, by action. */
  readonly entries: Entries;
}

export type Entries = Readonly<Record<'RESERVED' | 'RELEASED' | 'MOVED', number>>;

/** What is told when `calls` are granted that each reserve one unit of `lines` records under its own reference. */
export function toldOfReserves(calls: number, lines: number): Told {
  const units = calls * lines;
  const references = lines === 0 ? 0 : calls;
  return { units, holds: units, references, entries: { RESERVED: units, RELEASED: 0, MOVED: 0 } };
}

/** Callers who share no reference. */
export function bothTold(one: Told, other: Told): Told {
  return {
    units: one.units + other.units,
    holds: one.holds + other.holds,
    references: one.references + other.references,
    entries: {
      RESERVED: one.entries.RESERVED + other.entries.RESERVED,
      RELEASED: one.entries.RELEASED + other.entries.RELEASED,
      MOVED: one.entries.MOVED + other.entries.MOVED,
    },
  };
}

/** Calls that were refused, where that is not wrong, by their reason, warm-up included. */
export type Refusals = Readonly<Partial<Record<string, number>>>;

/** The figures of the measured time, or of a part of it. */
export interface PartResult {
  /** Answers a second. */
  readonly perSecond: number;
  /** Those of the calls that were answered in it; in an open loop, of those that were due in it. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Units in stock of each record that is not sold out. */
export const ON_HAND_QTY = 2_000_000_000;

export const RECORD_ID_PREFIX = 'inv_';

export function recordId(index: number): string {
  return `${RECORD_ID_PREFIX}${index}`;
}

export const SOLD_OUT_ID = 'inv_sold_out';
