import { lineRate, rate, ratio } from './figures.js';
import type { Measure } from './measure.js';

/** Many commands in one call or on one stream, against a call for each. */
export const commandMeasures: readonly Measure[] = [
  {
    id: 16,
    name: 'one record, Execute, 8 streams of 64 in flight: lines a second / unary gRPC',
    of: ['holdfast, Execute, one record', 'holdfast, one record'],
    figure: ratio(rate),
    bar: { atLeast: 3 },
  },
  {
    id: 16,
    name: 'one record, Execute, 8 streams of 64 in flight: lines a second / best sql',
    of: ['holdfast, Execute, one record', 'sql, one record'],
    figure: ratio(rate),
    bar: { atLeast: 10 },
  },
  {
    id: 17,
    name: 'one record, BatchExecute of 100 reserves: lines a second / unary gRPC',
    of: ['holdfast, BatchExecute', 'holdfast, one record'],
    figure: ratio(lineRate),
    bar: { atLeast: 3 },
  },
  {
    id: 18,
    name: '10,000 records, Execute: lines a second / unary gRPC',
    of: ['holdfast, Execute, many records', 'holdfast, many records'],
    figure: ratio(rate),
    bar: { atLeast: 2.5 },
  },
  {
    id: 18,
    name: '10,000 records, Execute: lines a second / best sql',
    of: ['holdfast, Execute, many records', 'sql, many records'],
    figure: ratio(rate),
    bar: 'none',
  },
];
