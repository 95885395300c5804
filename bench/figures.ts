import { median, type Reading } from './reading.js';

/** A round's figure, from the readings of a measure's turns in their order. */
export type Figure = (readings: readonly Reading[]) => number;

export const rate = (reading: Reading): number => reading.perSecond;
export const lineRate = (reading: Reading): number => reading.perSecond * reading.linesPerCall;
export const latency = ({ latencyMs }: Reading): number => waited(latencyMs.p50);
export const p99 = ({ latencyMs }: Reading): number => waited(latencyMs.p99);

/** A turn in which nobody waited had no call: it has no latency, rather than the best of all. */
const waited = (ms: number): number => (ms > 0 ? ms : Number.NaN);

/** The first turn's figure / the second's. */
export function ratio(figure: (reading: Reading) => number): Figure {
  return ([first, second]) => figure(first!) / figure(second!);
}

/** How long the slowest percent waits, as a multiple of the median. */
export function tail([reading]: readonly Reading[]): number {
  return p99(reading!) / latency(reading!);
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
 * The last third of one turn's parts / the first third, without the very first part: how a figure changed. It takes the
 * median of each third, so that one bad part does not look like a trend.
 */
export function drift(partsOf: (reading: Reading) => readonly number[]): Figure {
  return ([reading]) => {
    const settled = partsOf(reading!).slice(1);
    const third = Math.floor(settled.length / 3);
    return median(settled.slice(-third)) / median(settled.slice(0, third));
  };
}
