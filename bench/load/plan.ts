/** What the load generator is to do. */
export interface LoadPlan {
  readonly door: 'grpc' | 'rest';
  /** host:port of each process that serves; connections go to them in turns. */
  readonly addresses: readonly string[];
  /** Credentials, as headers. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * closed: so many calls in flight, each answer starts the next, after a pause where one is given.
   * open: so many calls a second, at random like those of callers who know nothing of each other (Poisson), sent
   * when due whether or not earlier ones are answered. Latency counts from the due time, so a server that stalls
   * does not hide the calls that it kept waiting. Those that fall due beyond `inFlightMax` wait in the generator.
   */
  readonly arrival:
    | { readonly kind: 'closed'; readonly inFlight: number; readonly pauseMs?: number }
    | { readonly kind: 'open'; readonly perSecond: number; readonly inFlightMax: number };
  /**
   * reserve: Reserve, or ReserveOrder; read: GetInventory; watched: a Reserve that is over when a watch of its record
   * has told of it; execute: a Reserve, as a command of a stream; batch: a BatchExecute of `orderLines` reserves; extend_order, set_order, move_order: on orders that hold units already.
   */
  readonly call: CallKind;
  /** Begins the references of this plan; no two plans of a turn share one. */
  readonly referencePrefix: string;
  /** Calls go to so many records, by chance. */
  readonly records: number;
  /** Which lie evenly spread over the table's records from this one on; to its first `tableRecords`. */
  readonly firstRecord: number;
  readonly tableRecords: number;
  /** Each call is that of an order with so many lines; 0: a Reserve. */
  readonly orderLines: number;
  /** Orders that hold one unit of each of these records before the first call; only where such orders are called. */
  readonly standing: readonly StandingOrder[];
  /** Part of the calls that go to a record which has nothing left. */
  readonly soldOutShare: number;
  /** Each call carries a key of its own. */
  readonly idempotencyKeys: boolean;
  /**
   * What a refusal is (the service is overloaded, the record busy, the merchant over its limit, the deadline passed).
   * wrong: like any other wrong answer, it ends the bench. apart: counted by its reason, and in no figure of the calls
   * that were taken. waited: also a call whose caller has waited that long, for nothing.
   */
  readonly refusals: 'wrong' | 'apart' | 'waited';
  /** Calls answered before are counted for the audit, not for the figures. */
  readonly warmupMs: number;
  readonly measureMs: number;
  /** The measured time is also reported in so many parts; 0: as a whole only. */
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
  /** How long the slowest answer took, of all that there were, refusals too. */
  readonly slowestMs: number;
  /** Records that a granted call changes. */
  readonly linesPerCall: number;
  readonly told: Told;
  readonly parts?: readonly PartResult[];
}

/** What these callers were told, all in all, warm-up included: what the database must say too. */
export interface Told {
  /** That they have. */
  readonly units: number;
  /** That these are in, each under one reference on one record. */
  readonly holds: number;
  readonly references: number;
  /** By what was done to the records. */
  readonly entries: Entries;
}

export type Entries = Readonly<Record<'RESERVED' | 'RELEASED' | 'MOVED', number>>;

/** So many calls were granted that reserve one unit of each of so many records, under a reference of their own. */
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

/** Calls that were refused, where that is not wrong, by their reason: all that there were, warm-up included. */
export type Refusals = Readonly<Partial<Record<string, number>>>;

/** Of the measured time, or a part of it. */
export interface PartResult {
  /** Answers a second. */
  readonly perSecond: number;
  /** Of the calls that were answered in it; in an open loop, of those that were due in it. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Units in stock of each record that is not sold out. */
export const ON_HAND_QTY = 2_000_000_000;

export const RECORD_ID_PREFIX = 'inv_';

export function recordId(index: number): string {
  return `${RECORD_ID_PREFIX}${index}`;
}

export const SOLD_OUT_ID = 'inv_sold_out';
