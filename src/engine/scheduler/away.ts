import type { Answer, Entry } from './entry.js';

interface Gone<C, R> {
  readonly entry: Entry<C, R>;
  /** In order of arrival. */
  followers: Entry<C, R>[];
}

/**
 * Keeps the calls of a sequence (a stream, a batch) in order where some of them had to leave their lines. A call that lacks a
 * row which somebody outside has waits for that row alone, and those that need its other rows go on without it. But not the
 * later calls of its own sequence: they wait here until it is answered.
 */
export class Away<C, R> {
  readonly #bySequence = new Map<string, Gone<C, R>[]>();
  readonly #onBack: (followers: readonly Entry<C, R>[]) => void;

  /** `onBack`: takes those that need no longer wait. */
  constructor(onBack: (followers: readonly Entry<C, R>[]) => void) {
    this.#onBack = onBack;
  }

  /** The call has left its lines, until it is answered. */
  leave(entry: Entry<C, R>): void {
    const { sequence, answer } = entry;
    if (sequence === undefined) return;
    const gone = this.#bySequence.get(sequence) ?? [];
    if (gone.some((one) => one.entry === entry)) return;
    const one: Gone<C, R> = { entry, followers: [] };
    gone.push(one);
    this.#bySequence.set(sequence, gone);
    entry.answer = (given: Answer<R>) => {
      gone.splice(gone.indexOf(one), 1);
      if (gone.length === 0) this.#bySequence.delete(sequence);
      answer(given);
      this.#onBack(one.followers);
    };
  }

  /** Whether the call has to wait for an earlier one of its sequence that has left; then it is kept. */
  keeps(entry: Entry<C, R>): boolean {
    if (entry.sequence === undefined || this.#bySequence.size === 0) return false;
    const gone = this.#bySequence.get(entry.sequence);
    const before = gone?.find((one) => [one.entry, ...one.followers].some((other) => isBefore(other, entry)));
    before?.followers.push(entry);
    return before !== undefined;
  }

  /** Of the calls that are kept, removes those that do not pass, and returns them. */
  retain(passes: (follower: Entry<C, R>) => boolean): Entry<C, R>[] {
    const removed: Entry<C, R>[] = [];
    for (const one of [...this.#bySequence.values()].flat()) {
      for (const follower of one.followers) if (!passes(follower)) removed.push(follower);
      one.followers = one.followers.filter(passes);
    }
    return removed;
  }
}

/** Whether the call must not overtake the other one. */
export function isBefore<C, R>(other: Entry<C, R>, entry: Entry<C, R>): boolean {
  return (
    other.sequence !== undefined &&
    other.sequence === entry.sequence &&
    other.number < entry.number &&
    other.names.some((name) => entry.names.includes(name))
  );
}
