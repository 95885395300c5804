/** A call on its way to an answer. */
export interface Entry<C, R> {
  readonly call: C;
  /** Order of arrival. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** Milliseconds since the epoch; past it, no execution begins. */
  readonly deadlineAtMs: number;
  /** Whose share of the queue it takes: the merchant. */
  readonly group: string;
  readonly weight: number;
  /** Calls of one sequence do not overtake each other on a row. Undefined: it belongs to none. */
  readonly sequence: string | undefined;
  /** The rows that it needs, as far as is known; an execution may find out more. */
  names: readonly string[];
  /** The last execution left it undone because somebody else had this row. */
  lacks: string | undefined;
  /** That was another batch of this process. */
  lacksOurs: boolean;
  /**
   * Whether it may wait for its rows one after another when it lacks one: once, and once more each time that it lacks
   * another row than before. So it does not again and again keep other rows locked while it waits for the same one.
   */
  patient: boolean;
  /** How often it has come back to the queue because another batch of this process had its row. */
  returns: number;
  answer: (answer: Answer<R>) => void;
}

/** How a call ended. Only a call that is `done` or `failed` may have taken effect. */
export type Answer<R> =
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'queue_full' }
  | { readonly kind: 'closing' }
  | { readonly kind: 'deadline_passed' };

/** Answers a call, now or soon. */
export type GiveAnswer<C, R> = (entry: Entry<C, R>, answer: Answer<R>) => void;

/** In place of a result: somebody else has a row that the call needs, and nothing of it was done. */
export class Blocked {
  constructor(
    readonly name: string,
    /** All rows that the call needs, as far as the execution has found out. */
    readonly names: readonly string[],
    /** Another batch of this process has the row. */
    readonly ours = false,
  ) {}
}

/** Calls that are executed together, and have the turn on the rows that they name. */
export interface Batch<C, R> {
  readonly entries: Entry<C, R>[];
  readonly names: string[];
  weight: number;
}

export function newBatch<C, R>(): Batch<C, R> {
  return { entries: [], names: [], weight: 0 };
}

/** Reports how long calls have waited that are executed for the first time. */
export function tellOfTaken<C, R>(
  entries: readonly Entry<C, R>[],
  { onTaken }: { onTaken?(waitedMs: number): void },
  nowMs: number,
): void {
  if (onTaken === undefined) return;
  for (const { lacks, arrivedAtMs } of entries) if (lacks === undefined) onTaken(nowMs - arrivedAtMs);
}

/** Answers those whose deadline has passed, and returns the others. */
export function dropExpired<C, R>(
  entries: readonly Entry<C, R>[],
  nowMs: number,
  answer: GiveAnswer<C, R> = (entry, given) => entry.answer(given),
): readonly Entry<C, R>[] {
  if (entries.every((entry) => entry.deadlineAtMs > nowMs)) return entries;
  for (const entry of entries) {
    if (entry.deadlineAtMs <= nowMs) answer(entry, { kind: 'deadline_passed' });
  }
  return entries.filter((entry) => entry.deadlineAtMs > nowMs);
}

/** The weight of a batch's calls that are done, and how long the first of all has waited. */
export function doneOf<C, R>(
  entries: readonly Entry<C, R>[],
  undone: readonly Entry<C, R>[],
  nowMs: number,
): { weight: number; waitedMs: number } {
  let weight = undone.reduce((sum, entry) => sum - entry.weight, 0);
  let oldestMs = nowMs;
  for (const entry of entries) {
    weight += entry.weight;
    // A call that waited for a row that somebody kept does not show that the queue is long.
    if (entry.lacks === undefined) oldestMs = Math.min(oldestMs, entry.arrivedAtMs);
  }
  return { weight, waitedMs: nowMs - oldestMs };
}
