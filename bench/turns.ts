import type { StandingOrderCall } from './load/plan.js';
import { type Scene, type SceneName, scenes } from './scenes.js';

/** One thing that is timed: a side under a load. */
export type Turn = ServedTurn | SqlTurn | SceneTurn;

export type ServedSide = 'holdfast' | 'plain' | 'noop' | 'bare';

export interface ServedTurn {
  readonly side: ServedSide;
  readonly door: 'grpc' | 'rest';
  /** How many records are called. */
  readonly records: number;
  /** Holds that are open before the turn begins, with half as many more entries in the log; absent: none. */
  readonly standingHolds?: number;
  /** How many records the table has; absent: as many. */
  readonly tableRecords?: number;
  /** Calls in flight; or a part of the rate that another turn of the same round reached. */
  readonly load: { readonly inFlight: number } | { readonly share: number; readonly ofTheRateOf: TurnName };
  readonly soldOutShare?: number;
  readonly idempotencyKeys?: boolean;
  /** The RPC; absent: Reserve, or ReserveOrder if there are order lines. */
  readonly call?: StandingOrderCall | 'execute' | 'batch' | undefined;
  /** Lines of each order or batch; absent: a call is about a single record. */
  readonly orderLines?: number;
  /** Services on one database; absent: one. */
  readonly processes?: number;
  /** The service's WORKERS; absent: it runs without any. */
  readonly workers?: number;
  /** More calls may be sent than can be answered: each is sent when due, and refusals are counted apart. */
  readonly overload?: true;
  /** soak: minutes, and reported in parts. sustain: for long enough that the rate can last. */
  readonly takes?: 'soak' | 'sustain';
}

/** Several groups of callers at once. */
export interface SceneTurn {
  readonly side: 'scene';
  readonly scene: Scene;
}

export interface SqlTurn {
  readonly side: 'sql';
  readonly records: number;
  /** `best`: the statement and number of clients that a probe found fastest. */
  readonly load: 'best' | { readonly statement: 'locked' | 'cte'; readonly clients: number };
}

export const MANY_RECORDS = 10_000;
const crowd = { inFlight: 512 };
const alone = { inFlight: 1 };
const grpc = { door: 'grpc', records: 1, load: crowd } as const;
const grpcMany = { ...grpc, records: MANY_RECORDS } as const;
const rest = { ...grpc, door: 'rest' } as const;
const MILLION = 1_000_000;

const table = {
  'holdfast, one record': { side: 'holdfast', ...grpc },
  'plain, one record': { side: 'plain', ...grpc },
  'noop, one record': { side: 'noop', ...grpc },
  'sql, one record': { side: 'sql', records: 1, load: 'best' },
  'holdfast, 10,000 of 1,000,000': { side: 'holdfast', ...grpcMany, tableRecords: MILLION },
  'holdfast, Execute, one record': { side: 'holdfast', ...grpc, call: 'execute' },
  'holdfast, BatchExecute': {
    side: 'holdfast',
    ...grpc,
    // About as many lines as the other turns have calls.
    load: { inFlight: 5 },
    call: 'batch',
    orderLines: 100,
  },
  'holdfast, Execute, many records': { side: 'holdfast', ...grpcMany, call: 'execute' },
  'holdfast, orders': { side: 'holdfast', ...grpcMany, orderLines: 5 },
  'holdfast, orders extended': { side: 'holdfast', ...grpcMany, orderLines: 5, call: 'extend_order' },
  'holdfast, orders set': { side: 'holdfast', ...grpcMany, orderLines: 5, call: 'set_order' },
  'holdfast, orders moved': { side: 'holdfast', ...grpcMany, orderLines: 5, call: 'move_order' },
  'holdfast, many records': { side: 'holdfast', ...grpcMany },
  'holdfast, many records, 2 workers': { side: 'holdfast', ...grpcMany, workers: 2 },
  'plain, many records': { side: 'plain', ...grpcMany },
  'noop, many records': { side: 'noop', ...grpcMany },
  'sql, many records': { side: 'sql', records: MANY_RECORDS, load: 'best' },
  'holdfast, table of 1,000': { side: 'holdfast', ...grpc, records: 1000 },
  'holdfast, table of 100,000': { side: 'holdfast', ...grpc, records: 100_000 },
  'holdfast, table of 1,000,000': { side: 'holdfast', ...grpc, records: MILLION },
  'holdfast, REST': { side: 'holdfast', ...rest },
  'noop, REST': { side: 'noop', ...rest },
  'bare, REST': { side: 'bare', ...rest },
  'holdfast, 95 % sold out': { side: 'holdfast', ...grpc, soldOutShare: 0.95 },
  'holdfast, idempotency keys': { side: 'holdfast', ...grpc, idempotencyKeys: true },
  'holdfast, one caller': { side: 'holdfast', ...grpc, load: alone },
  'sql, one caller': { side: 'sql', records: 1, load: { statement: 'locked', clients: 1 } },
  'holdfast, half its rate': {
    side: 'holdfast',
    ...grpc,
    load: { share: 0.5, ofTheRateOf: 'holdfast, one record' },
  },
  'noop, the same rate': {
    side: 'noop',
    ...grpc,
    load: { share: 0.5, ofTheRateOf: 'holdfast, one record' },
  },
  'plain, the same rate': {
    side: 'plain',
    ...grpc,
    load: { share: 0.5, ofTheRateOf: 'holdfast, one record' },
  },
  'plain, half its rate': { side: 'plain', ...grpc, load: { share: 0.5, ofTheRateOf: 'plain, one record' } },
  'holdfast, sustained': { side: 'holdfast', ...grpcMany, takes: 'sustain' },
  'holdfast, 0.8 × offered': offered(0.8),
  'holdfast, 1.2 × offered': offered(1.2),
  'holdfast, 3 × offered': offered(3),
  'holdfast, 2 million holds': { side: 'holdfast', ...grpcMany, standingHolds: 2 * MILLION },
  'holdfast, 20 million holds': { side: 'holdfast', ...grpcMany, standingHolds: 20 * MILLION },
  'holdfast, 50 million holds': { side: 'holdfast', ...grpcMany, standingHolds: 50 * MILLION },
  'holdfast, for minutes': {
    side: 'holdfast',
    ...grpcMany,
    load: { share: 0.8, ofTheRateOf: 'holdfast, sustained' },
    takes: 'soak',
  },
} as const;

function offered(share: number) {
  const load = { share, ofTheRateOf: 'holdfast, sustained' } as const;
  return { side: 'holdfast', ...grpcMany, load, overload: true } as const;
}

/** One hot record from one process and from more, with the same total of calls in flight. */
export const crowds = [64, 256, 512] as const;
export const fleets = [1, 2, 4] as const;
export const fleetTurn = (
  door: 'gRPC' | 'REST',
  inFlight: (typeof crowds)[number],
  processes: (typeof fleets)[number],
) => `holdfast, ${door}, ${inFlight}, processes: ${processes}` as const;

const fleetTurns = Object.fromEntries(
  (['gRPC', 'REST'] as const).flatMap((door) =>
    crowds.flatMap((inFlight) =>
      fleets.map((processes): [string, ServedTurn] => [
        fleetTurn(door, inFlight, processes),
        {
          side: 'holdfast',
          door: door === 'gRPC' ? 'grpc' : 'rest',
          records: 1,
          load: { inFlight },
          processes,
        },
      ]),
    ),
  ),
) as Record<ReturnType<typeof fleetTurn>, ServedTurn>;

/** The same from one service with workers. */
export const crews = [2, 4] as const;
export const crewTurn = (inFlight: (typeof crowds)[number], workers: (typeof crews)[number]) =>
  `holdfast, gRPC, ${inFlight}, workers: ${workers}` as const;

const crewTurns = Object.fromEntries(
  crowds.flatMap((inFlight) =>
    crews.map((workers): [string, ServedTurn] => [
      crewTurn(inFlight, workers),
      { side: 'holdfast', ...grpc, load: { inFlight }, workers },
    ]),
  ),
) as Record<ReturnType<typeof crewTurn>, ServedTurn>;

/** Open loops at parts of a side's own highest rate, for the picture of latency against load. */
export const curveShares = [0.1, 0.25, 0.5, 0.75, 0.9] as const;
export const curveSides = ['holdfast', 'plain'] as const;
export const curveTurn = (side: (typeof curveSides)[number], share: (typeof curveShares)[number]) =>
  `${side}, ${share} of its rate` as const;

const curveTurns = Object.fromEntries(
  curveSides.flatMap((side) =>
    curveShares.map((share): [string, ServedTurn] => [
      curveTurn(side, share),
      { side, ...grpc, load: { share, ofTheRateOf: `${side}, one record` } },
    ]),
  ),
) as Record<ReturnType<typeof curveTurn>, ServedTurn>;

const sceneTurns = Object.fromEntries(
  Object.entries(scenes).map(([name, scene]) => [name, { side: 'scene', scene }]),
) as Record<SceneName, SceneTurn>;

export type TurnName =
  | keyof typeof table
  | keyof typeof curveTurns
  | keyof typeof fleetTurns
  | keyof typeof crewTurns
  | SceneName;

/** In the order of a round: turns that are compared run one after the other. */
export const turns: Readonly<Record<TurnName, Turn>> = {
  ...table,
  ...curveTurns,
  ...fleetTurns,
  ...crewTurns,
  ...sceneTurns,
};

/** The result of a turn: one reading, or one for each group of a scene. */
export type ReadingName = Exclude<TurnName, SceneName> | `${SceneName}: ${string}`;

export function turnOf(reading: ReadingName): TurnName {
  return reading in turns ? (reading as TurnName) : (reading.slice(0, reading.lastIndexOf(': ')) as TurnName);
}
