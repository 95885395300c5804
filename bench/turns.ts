/** One thing that is timed: a side under a load. */
export type Turn = ServedTurn | SqlTurn;

export type ServedSide = 'holdfast' | 'plain' | 'noop' | 'bare';

export interface ServedTurn {
  readonly side: ServedSide;
  readonly door: 'grpc' | 'rest';
  /** Calls go to so many. */
  readonly records: number;
  /** Of so many in the table; absent: to all. */
  readonly tableRecords?: number;
  /** Calls in flight; or a part of the rate that another turn of the same round reached. */
  readonly load: { readonly inFlight: number } | { readonly share: number; readonly ofTheRateOf: TurnName };
  readonly soldOutShare?: number;
  readonly idempotencyKeys?: boolean;
  /** ReserveOrder with so many lines; absent: Reserve. */
  readonly orderLines?: number;
  /** For minutes, and reported by the minute. */
  readonly soak?: true;
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
  'holdfast, orders': { side: 'holdfast', ...grpcMany, orderLines: 5 },
  'holdfast, many records': { side: 'holdfast', ...grpcMany },
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
  'plain, the same rate': {
    side: 'plain',
    ...grpc,
    load: { share: 0.5, ofTheRateOf: 'holdfast, one record' },
  },
  'plain, half its rate': { side: 'plain', ...grpc, load: { share: 0.5, ofTheRateOf: 'plain, one record' } },
  'holdfast, 80 % of its rate': {
    side: 'holdfast',
    ...grpcMany,
    load: { share: 0.8, ofTheRateOf: 'holdfast, many records' },
    soak: true,
  },
} as const;

export type TurnName = keyof typeof table;

/** In the order in which a round takes them: what is compared stands together, in time too. */
export const turns: Readonly<Record<TurnName, Turn>> = table;
