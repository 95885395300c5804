import type { Reading } from './reading.js';
import type { TurnName } from './turns.js';

/** What is promised: figure of the first turn / figure of the second. */
export interface Measure {
  /** As in the specification; two promises may share a number. */
  readonly id: number;
  readonly name: string;
  readonly of: readonly [TurnName, TurnName];
  readonly figure: keyof typeof figures;
  readonly bar: { readonly atLeast: number } | { readonly atMost: number };
}

export const figures = {
  rate: (reading: Reading) => reading.perSecond,
  latency: (reading: Reading) => reading.latencyMs.p50,
  p99: (reading: Reading) => reading.latencyMs.p99,
};

export const measures: readonly Measure[] = [
  {
    id: 1,
    name: 'one record, gRPC: holdfast / plain',
    of: ['holdfast, one record', 'plain, one record'],
    figure: 'rate',
    bar: { atLeast: 25 },
  },
  {
    id: 2,
    name: '10,000 records, gRPC: holdfast / plain',
    of: ['holdfast, many records', 'plain, many records'],
    figure: 'rate',
    bar: { atLeast: 10 },
  },
  {
    id: 3,
    name: 'one record, gRPC: holdfast / noop',
    of: ['holdfast, one record', 'noop, one record'],
    figure: 'rate',
    bar: { atLeast: 0.7 },
  },
  {
    id: 3,
    name: '10,000 records, gRPC: holdfast / noop',
    of: ['holdfast, many records', 'noop, many records'],
    figure: 'rate',
    bar: { atLeast: 0.55 },
  },
  {
    id: 4,
    name: 'one record: holdfast gRPC / best sql',
    of: ['holdfast, one record', 'sql, one record'],
    figure: 'rate',
    bar: { atLeast: 3.5 },
  },
  {
    id: 5,
    name: 'one record: holdfast REST / holdfast gRPC',
    of: ['holdfast, REST', 'holdfast, one record'],
    figure: 'rate',
    bar: { atLeast: 0.8 },
  },
  {
    id: 6,
    name: 'one caller, latency: holdfast gRPC / sql',
    of: ['holdfast, one caller', 'sql, one caller'],
    figure: 'latency',
    bar: { atMost: 1.5 },
  },
  // "Half of the highest rate" can be read in two ways, so both are shown: the rate that one of them can bear,
  // offered to both; and to each the half of what it can bear itself, at which plain has next to nothing to do.
  {
    id: 7,
    name: 'p99 at half of holdfast’s highest rate: holdfast / plain',
    of: ['holdfast, half its rate', 'plain, the same rate'],
    figure: 'p99',
    bar: { atMost: 0.1 },
  },
  {
    id: 7,
    name: 'p99, each at half of its own highest rate: holdfast / plain',
    of: ['holdfast, half its rate', 'plain, half its rate'],
    figure: 'p99',
    bar: { atMost: 0.1 },
  },
  {
    id: 10,
    name: '95 % rejections / successes only',
    of: ['holdfast, 95 % sold out', 'holdfast, one record'],
    figure: 'rate',
    bar: { atLeast: 1.2 },
  },
  {
    id: 11,
    name: 'every call with an Idempotency-Key / without',
    of: ['holdfast, idempotency keys', 'holdfast, one record'],
    figure: 'rate',
    bar: { atLeast: 0.7 },
  },
];
