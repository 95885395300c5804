import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** In progress at once. */
const ITEMS_IN_PROGRESS = 16;
const ITEMS = 4000;
const ITEM_BYTES = 5000;

/** Promoted, at most, if what has ended is not. Collections that know nothing of this leave about 20 million. */
export const FEW_BYTES = (ITEMS * ITEM_BYTES) / 4;

/**
 * Bytes that the old generation grows by while 4,000 items of 5 kilobytes begin and end, 16 of them in progress at a time.
 * `begin` returns what ends it.
 */
export function promotedBytes(begin: (item: object) => () => unknown): number {
  const collect = exposeCollector();
  const ends = Array.from({ length: ITEMS_IN_PROGRESS }, () => begin(itemOf(0)));
  // What exists now is old from here on.
  collect();
  const before = oldBytes();
  for (let i = 0; i < ITEMS; i++) {
    ends[i % ITEMS_IN_PROGRESS]!();
    ends[i % ITEMS_IN_PROGRESS] = begin(itemOf(i));
    if (i % 200 === 0) collect({ type: 'minor' });
  }
  return oldBytes() - before;
}

function itemOf(number: number): object {
  return { number, content: new Array(ITEM_BYTES / 8).fill(0.5) };
}

type Collect = (options?: { readonly type: 'minor' }) => void;

function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')!.space_used_size;
}
