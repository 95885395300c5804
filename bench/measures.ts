import { commandMeasures } from './command-measures.js';
import { drift, flatness, latency, lineRate, p99, rate, ratio, shareOfHighest, tail } from './figures.js';
import type { Measure } from './measure.js';
import { bystanderNames } from './scenes.js';
import { crews, crewTurn, crowds, fleetTurn } from './turns.js';

const ONE = 'holdfast, one record';
const MANY = 'holdfast, many records';
const SUSTAINED = 'holdfast, sustained';
const SOAK = 'holdfast, for minutes';

type TableSize = '1,000' | '100,000' | '1,000,000';

// The rate stays flat as the table grows, whether calls go to all records or, as in measure 2, to 10,000 of them.
function everyRecordOf(...tables: TableSize[]): Measure {
  return {
    id: 8,
    name: `${tables.join(' / ')} records in the table, all called: lowest / highest`,
    of: tables.map((records) => `holdfast, table of ${records}` as const),
    figure: flatness,
    bar: { atLeast: 0.85 },
  };
}

const tenThousandOfMany: Measure = {
  id: 8,
  name: '10,000 / 1,000,000 records in the table, 10,000 called: lowest / highest',
  of: [MANY, 'holdfast, 10,000 of 1,000,000'],
  figure: flatness,
  bar: { atLeast: 0.85 },
};

const standingMeasures: readonly Measure[] = (
  [
    ['ExtendOrder', 'holdfast, orders extended'],
    ['SetOrder', 'holdfast, orders set'],
    ['MoveOrder', 'holdfast, orders moved'],
  ] as const
).map(
  ([rpc, turn]): Measure => ({
    id: 14,
    name: `10,000 records, orders of 5 lines: lines a second, ${rpc} / ReserveOrder`,
    of: [turn, 'holdfast, orders'],
    figure: ratio(lineRate),
    bar: { atLeast: 0.7 },
  }),
);

const fleetMeasures: readonly Measure[] = (['gRPC', 'REST'] as const).flatMap((door) =>
  crowds.flatMap((inFlight) =>
    ([2, 4] as const).map(
      (processes): Measure => ({
        id: 15,
        name: `one record, ${door}, ${inFlight} in flight in all: ${processes} processes / 1`,
        of: [fleetTurn(door, inFlight, processes), fleetTurn(door, inFlight, 1)],
        figure: ratio(rate),
        bar: { atLeast: 0.9 },
        long: true,
      }),
    ),
  ),
);

const crewMeasures: readonly Measure[] = [
  ...crowds.flatMap((inFlight) =>
    crews.map(
      (workers): Measure => ({
        id: 15,
        name: `one record, gRPC, ${inFlight} in flight in all: ${workers} workers / one process`,
        of: [crewTurn(inFlight, workers), fleetTurn('gRPC', inFlight, 1)],
        figure: ratio(rate),
        bar: { atLeast: 0.9 },
        long: true,
      }),
    ),
  ),
  {
    id: 15,
    name: '10,000 records, gRPC: 2 workers / one process',
    of: ['holdfast, many records, 2 workers', MANY],
    figure: ratio(rate),
    bar: { atLeast: 1 },
    long: true,
  },
];

const heldMeasures: readonly Measure[] = (['a row held', '1,000 rows held'] as const).flatMap((scene) =>
  bystanderNames.map(
    (group): Measure => ({
      id: 19,
      name: `${scene} by a stranger, p99 of ${group} / undisturbed`,
      of: [`${scene}: ${group}`, `undisturbed: ${group}`],
      figure: ratio(p99),
      bar: { atMost: 2 },
      long: true,
    }),
  ),
);

const overloadMeasures: readonly Measure[] = ([1.2, 3] as const).flatMap((share): Measure[] => [
  {
    id: 21,
    name: `${share} × the sustained rate is offered: p99 of accepted calls / at 0.8 ×`,
    of: [`holdfast, ${share} × offered`, 'holdfast, 0.8 × offered'],
    figure: ratio(p99),
    bar: { atMost: 2 },
    long: true,
  },
  {
    id: 21,
    name: `${share} × the sustained rate is offered: goodput / highest`,
    of: [
      `holdfast, ${share} × offered`,
      SUSTAINED,
      'holdfast, 0.8 × offered',
      'holdfast, 1.2 × offered',
      'holdfast, 3 × offered',
    ],
    figure: shareOfHighest,
    bar: { atLeast: 0.9 },
    long: true,
  },
]);

const historyMeasures: readonly Measure[] = ([2, 20, 50] as const).map((millions) => ({
  id: 22,
  name: `10,000 records: with ${millions} million holds and half as many more log entries / without`,
  of: [`holdfast, ${millions} million holds`, MANY],
  figure: ratio(rate),
  bar: 'none',
  alone: true,
}));

const measures: readonly Measure[] = [
  {
    id: 1,
    name: 'one record, gRPC: holdfast / plain',
    of: [ONE, 'plain, one record'],
    figure: ratio(rate),
    bar: { atLeast: 25 },
  },
  {
    id: 2,
    name: '10,000 records, gRPC: holdfast / plain',
    of: [MANY, 'plain, many records'],
    figure: ratio(rate),
    bar: { atLeast: 10 },
  },
  {
    id: 3,
    name: 'one record, gRPC: holdfast / noop',
    of: [ONE, 'noop, one record'],
    figure: ratio(rate),
    bar: { atLeast: 0.7 },
  },
  {
    id: 3,
    name: '10,000 records, gRPC: holdfast / noop',
    of: [MANY, 'noop, many records'],
    figure: ratio(rate),
    bar: { atLeast: 0.55 },
  },
  {
    id: 4,
    name: 'one record: holdfast gRPC / best sql',
    of: [ONE, 'sql, one record'],
    figure: ratio(rate),
    bar: { atLeast: 3.5 },
  },
  // One statement for each call does well where calls do not wait for each other: nobody has promised to beat it there.
  {
    id: 4,
    name: '10,000 records: holdfast gRPC / best sql',
    of: [MANY, 'sql, many records'],
    figure: ratio(rate),
    bar: 'none',
  },
  {
    id: 5,
    name: 'one record: holdfast REST / holdfast gRPC',
    of: ['holdfast, REST', ONE],
    figure: ratio(rate),
    bar: { atLeast: 0.8 },
  },
  {
    id: 6,
    name: 'one caller, latency: holdfast gRPC / sql',
    of: ['holdfast, one caller', 'sql, one caller'],
    figure: ratio(latency),
    bar: { atMost: 1.5 },
  },
  // "Half of the highest rate" can be read in two ways, so both are shown: the rate that one of them can bear,
  // offered to both; and to each the half of what it can bear itself, at which plain has next to nothing to do.
  {
    id: 7,
    name: 'p99 at half of holdfast’s highest rate: holdfast / plain',
    of: ['holdfast, half its rate', 'plain, the same rate'],
    figure: ratio(p99),
    bar: { atMost: 0.1 },
  },
  {
    id: 7,
    name: 'p99, each at half of its own highest rate: holdfast / plain',
    of: ['holdfast, half its rate', 'plain, half its rate'],
    figure: ratio(p99),
    bar: { atMost: 0.1 },
  },
  {
    id: 7,
    name: 'at half of holdfast’s highest rate: p99 / p50',
    of: ['holdfast, half its rate'],
    figure: tail,
    bar: { atMost: 5 },
  },
  {
    id: 7,
    name: 'p99 at half of holdfast’s highest rate: holdfast / noop',
    of: ['holdfast, half its rate', 'noop, the same rate'],
    figure: ratio(p99),
    bar: { atMost: 2 },
  },
  everyRecordOf('1,000', '100,000', '1,000,000'),
  tenThousandOfMany,
  {
    id: 9,
    name: 'sustained rate / a short turn’s',
    of: [SUSTAINED, MANY],
    figure: ratio(rate),
    bar: { atLeast: 0.9 },
    alone: true,
  },
  {
    id: 9,
    name: 'resident memory at 80 % of the sustained rate: last third / first',
    of: [SOAK],
    figure: drift(({ memoryMiB }) => memoryMiB!),
    bar: { atMost: 1.1 },
    alone: true,
  },
  {
    id: 9,
    name: 'p99 at 80 % of the sustained rate: last third / first',
    of: [SOAK],
    figure: drift(({ parts }) => parts!.map(({ latencyMs }) => latencyMs.p99)),
    bar: { atMost: 1.25 },
    alone: true,
  },
  {
    id: 10,
    name: '95 % rejections / successes only',
    of: ['holdfast, 95 % sold out', ONE],
    figure: ratio(rate),
    bar: { atLeast: 1.2 },
  },
  {
    id: 11,
    name: 'every call with an Idempotency-Key / without',
    of: ['holdfast, idempotency keys', ONE],
    figure: ratio(rate),
    bar: { atLeast: 0.7 },
  },
  {
    id: 12,
    name: '10,000 records: lines a second, orders of 5 lines / calls of one',
    of: ['holdfast, orders', MANY],
    figure: ratio(lineRate),
    bar: { atLeast: 0.8 },
  },
  {
    id: 13,
    name: 'one record, REST: noop / a bare node:http server',
    of: ['noop, REST', 'bare, REST'],
    figure: ratio(rate),
    bar: { atLeast: 0.5 },
  },
  ...standingMeasures,
  ...fleetMeasures,
  ...crewMeasures,
  ...heldMeasures,
  {
    id: 20,
    name: 'p99 of a quiet merchant: next to one with 512 in flight / alone',
    of: ['next to a flood: quiet', 'alone: quiet'],
    figure: ratio(p99),
    bar: { atMost: 4 },
    long: true,
  },
  {
    id: 20,
    name: 'p99 of a quiet merchant: next to one that is over its limit / alone',
    of: ['next to a flood over its limit: quiet', 'alone, limited: quiet'],
    figure: ratio(p99),
    bar: { atMost: 3 },
    long: true,
  },
  ...commandMeasures,
  ...overloadMeasures,
  ...historyMeasures,
];

/** In the specification's order. A quick run has no time to seed a million records. */
export function measuresOf(run: 'full' | 'quick'): readonly Measure[] {
  if (run === 'full') return measures;
  return measures
    .filter((measure) => measure !== tenThousandOfMany)
    .map((measure) => (measure.id === 8 ? everyRecordOf('1,000', '100,000') : measure));
}
