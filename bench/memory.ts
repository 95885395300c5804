import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.js';
import { median } from './reading.js';

const SAMPLES_A_PART = 60;

export interface PartTiming {
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly parts: number;
}

/** Watches a process's resident memory from now on: the median of each part of the time, in MiB. */
export async function watchMemory(
  process: Child,
  { warmupMs, measureMs, parts }: PartTiming,
  note: (part: number, memoryMiB: number) => void,
): Promise<number[]> {
  const partMs = measureMs / parts;
  const from = performance.now() + warmupMs;
  const medians: number[] = [];
  await sleep(warmupMs);
  for (let part = 1; part <= parts; part++) {
    const samples: number[] = [];
    while (samples.length === 0 || performance.now() < from + part * partMs) {
      samples.push((await process.residentBytes()) / 2 ** 20);
      await sleep(partMs / SAMPLES_A_PART);
    }
    medians.push(median(samples));
    note(part, medians.at(-1)!);
  }
  return medians;
}
