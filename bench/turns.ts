/** One thing that is timed: a side under a load. */
export type Turn = ServedTurn | SqlTurn;

export interface ServedTurn {
  readonly side: 'holdfast' | 'plain' | 'noop';
  readonly door: 'grpc' | 'rest';
  readonly records: number;
  /** Calls in flight; or half of the rate that another turn of the same round reached. */
  readonly load: { readonly inFlight: number } | { readonly halfTheRateOf: TurnName };
  readonly soldOutShare?: number;
  readonly idempotencyKeys?: boolean;
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

const table = {
  'holdfast, one record': { side: 'holdfast', ...grpc },
  'plain, one record': { side: 'plain', ...grpc },
  'noop, one record': { side: 'noop', ...grpc },
  'sql, one record': { side: 'sql', records: 1, load: 'best' },
  'holdfast, many records': { side: 'holdfast', ...grpcMany },
  'plain, many records': { side: 'plain', ...grpcMany },
  'noop, many records': { side: 'noop', ...grpcMany },
  'sql, many records': { side: 'sql', records: MANY_RECORDS, load: 'best' },
  'holdfast, REST': { side: 'holdfast', ...grpc, door: 'rest' },
  'holdfast, 95 % sold out': { side: 'holdfast', ...grpc, soldOutShare: 0.95 },
  'holdfast, idempotency keys': { side: 'holdfast', ...grpc, idempotencyKeys: true },
  'holdfast, one caller': { side: 'holdfast', ...grpc, load: alone },
  'sql, one caller': { side: 'sql', records: 1, load: { statement: 'locked', clients: 1 } },
  'holdfast, half its rate': {
    side: 'holdfast',
    ...grpc,
    load: { halfTheRateOf: 'holdfast, one record' },
  },
  'plain, the same rate': { side: 'plain', ...grpc, load: { halfTheRateOf: 'holdfast, one record' } },
  'plain, half its rate': { side: 'plain', ...grpc, load: { halfTheRateOf: 'plain, one record' } },
} as const;

export type TurnName = keyof typeof table;

/** In the order in which a round takes them: what is compared stands together, in time too. */
export const turns: Readonly<Record<TurnName, Turn>> = table;
