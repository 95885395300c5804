import { median, type Reading } from './reading.js';

/** A round's figure, from the readings of a measure's turns in their order. */
export type Figure = (readings: readonly Reading[]) => number;

export const rate = (reading: Reading): number => reading.perSecond;
export const lineRate = (reading: Reading): number => reading.perSecond * reading.unitsPerCall;
export const latency = (reading: Reading): number => reading.latencyMs.p50;
export const p99 = (reading: Reading): number => reading.latencyMs.p99;

/** The first turn's figure / the second's. */
export function ratio(figure: (reading: Reading) => number): Figure {
  return ([first, second]) => figure(first!) / figure(second!);
}

/** The first turn's rate / the highest of all. */
export function shareOfHighest(readings: readonly Reading[]): number {
  const rates = readings.map(rate);
  return rates[0]! / Math.max(...rates);
}

/** The lowest rate / the highest. Below 1 by as much as the turns differ by chance, too. */
export function flatness(readings: readonly Reading[]): number {
  const rates = readings.map(rate);
  return Math.min(...rates) / Math.max(...rates);
}

/**
 * The last third of one turn's parts / the first third, the very first part left out: how a figure moved, with the
 * median of each third, so that one bad part is not taken for a trend.
 */
export function drift(partsOf: (reading: Reading) => readonly number[]): Figure {
  return ([reading]) => {
    const settled = partsOf(reading!).slice(1);
    const third = Math.floor(settled.length / 3);
    return median(settled.slice(-third)) / median(settled.slice(0, third));
  };
}
