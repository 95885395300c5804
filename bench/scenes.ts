import type { CallKind, LoadPlan } from './load/plan.js';

/** Several groups of callers at once on the service, through gRPC; each group is a reading of its own. */
export interface Scene {
  readonly groups: Readonly<Record<string, Group>>;
  /** How many records merchant A has. */
  readonly records: number;
  /** How many of A's first rows somebody else has locked meanwhile. */
  readonly heldRows?: number;
  /** On the process that keeps each merchant to a number of calls a second. */
  readonly limited?: true;
}

export interface Group {
  readonly merchant: 'A' | 'B';
  readonly call: CallKind;
  /** This many records, from `firstRecord` on, are called. */
  readonly records: number;
  readonly firstRecord?: number;
  readonly arrival: LoadPlan['arrival'];
  /** See LoadPlan. `waited` is for groups that nothing should disturb. */
  readonly refusals: 'apart' | 'waited';
  /** Comes from the second load generator. */
  readonly flood?: true;
}

/** How many records merchant B has, in every scene. */
export const NEIGHBOUR_RECORDS = 1000;
const HELD_RECORDS = 1000;
const OTHER_RECORDS = 900;
/** A watch may name 100. */
const WATCHED_RECORDS = 100;

// An open loop: a stall then counts for every call that fell due in it, and not only for the few that a closed loop
// had in flight. Eight callers who pause for a moment between calls make about a hundred calls a second.
const steadily = (perSecond: number) => ({ kind: 'open', perSecond, inFlightMax: 5000 }) as const;

/** Callers who need none of the locked rows. Some records are called, some are watched, and the first ones are locked. */
const bystanders = {
  'other records': {
    merchant: 'A',
    call: 'reserve',
    firstRecord: HELD_RECORDS,
    records: OTHER_RECORDS,
    arrival: steadily(100),
    refusals: 'waited',
  },
  'another merchant': {
    merchant: 'B',
    call: 'reserve',
    records: NEIGHBOUR_RECORDS,
    arrival: steadily(100),
    refusals: 'waited',
  },
  reads: {
    merchant: 'A',
    call: 'read',
    firstRecord: 0,
    records: HELD_RECORDS + OTHER_RECORDS,
    arrival: steadily(100),
    refusals: 'waited',
  },
  'a watch': {
    merchant: 'A',
    call: 'watched',
    firstRecord: HELD_RECORDS + OTHER_RECORDS,
    records: WATCHED_RECORDS,
    arrival: steadily(50),
    refusals: 'waited',
  },
} as const satisfies Record<string, Group>;

/** Groups that nothing should disturb, by name. */
export const bystanderNames = Object.keys(bystanders) as (keyof typeof bystanders)[];

function held(rows: number): Scene {
  const onThem = {
    merchant: 'A',
    call: 'reserve',
    records: rows,
    arrival: { kind: 'closed', inFlight: 64, pauseMs: 100 },
    refusals: 'apart',
  } as const;
  return {
    groups: { ...bystanders, 'on what is held': onThem },
    records: HELD_RECORDS + OTHER_RECORDS + WATCHED_RECORDS,
    heldRows: rows,
  };
}

const quiet = {
  merchant: 'B',
  call: 'reserve',
  records: NEIGHBOUR_RECORDS,
  arrival: { kind: 'closed', inFlight: 8, pauseMs: 20 },
  refusals: 'waited',
} as const;
const flood = {
  merchant: 'A',
  call: 'reserve',
  records: 10_000,
  arrival: { kind: 'closed', inFlight: 512 },
  refusals: 'apart',
  flood: true,
} as const;

const table = {
  undisturbed: { groups: bystanders, records: HELD_RECORDS + OTHER_RECORDS + WATCHED_RECORDS },
  'a row held': held(1),
  '1,000 rows held': held(HELD_RECORDS),
  alone: { groups: { quiet }, records: 10_000 },
  'next to a flood': { groups: { quiet, flood }, records: 10_000 },
  'alone, limited': { groups: { quiet }, records: 10_000, limited: true },
  'next to a flood over its limit': { groups: { quiet, flood }, records: 10_000, limited: true },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof table;

/** In the order in which a round takes them. */
export const scenes: Readonly<Record<SceneName, Scene>> = table;
