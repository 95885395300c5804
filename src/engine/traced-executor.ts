import { sqlStateOf } from '../store/connection/sqlstate.js';
import type { SpanPlace, Tracing } from '../telemetry/spans.js';
import { Blocked } from './scheduler/entry.js';
import type { Executor, Results } from './scheduler/executor.js';
import type { Execution, Submission } from './submission.js';

/** How a transaction gets its records: it takes those that are free, waits for one, or waits for each in turn. */
type Way = 'free' | 'behind' | 'patient';

type Ending =
  | { readonly results: Results<Execution>; readonly error?: undefined }
  | { readonly results?: undefined; readonly error: unknown };

/** Reports each transaction that carried commands of recorded calls, whatever became of it. */
export function tracedExecutor(
  executor: Executor<Submission, Execution>,
  tracing: Pick<Tracing, 'batch'>,
): Executor<Submission, Execution> {
  const attempts = new Attempts();
  const tell = (way: Way, startedAtMs: number, carried: readonly Submission[], ending: Ending): void => {
    // Commands without a result had no room in the transaction.
    const inIt = carried.slice(0, ending.results?.length);
    const { calls, blocked, commands } = sorted(inIt, ending.results);
    if (calls.length + blocked.length === 0) return;
    const attributes = {
      'holdfast.batch.commands': commands,
      'holdfast.batch.way': way,
      'holdfast.batch.attempt': attempts.count(inIt),
    };
    const error = ending.results === undefined ? nameOf(ending.error) : undefined;
    tracing.batch({ startedAtMs, calls, blocked, attributes, error });
  };
  const follow = (way: Way, carried: readonly Submission[], running: Promise<Results<Execution>>): void => {
    const startedAtMs = performance.now();
    running.then(
      (results) => tell(way, startedAtMs, carried, { results }),
      (error) => tell(way, startedAtMs, carried, { error }),
    );
  };
  return {
    ...executor,
    execute: (calls, claim) => {
      const running = executor.execute(calls, claim);
      follow('free', calls, running);
      return running;
    },
    executePatiently: (calls) => {
      const running = executor.executePatiently(calls);
      follow('patient', calls, running);
      return running;
    },
    executeBehind: (name, line) => {
      const taken: Submission[] = [];
      const take: typeof line.take = (isReady) => {
        const calls = line.take(isReady);
        taken.push(...calls);
        return calls;
      };
      const running = executor.executeBehind(name, { watch: (show) => line.watch(show), take });
      follow(
        'behind',
        taken,
        running.then(({ results }) => results),
      );
      return running;
    },
  };
}

/** Transactions that commands of recorded calls have been in. */
class Attempts {
  readonly #made = new WeakMap<Submission, number>();

  /** Counts one more for each. Returns the most that any of them has. */
  count(submissions: readonly Submission[]): number {
    let most = 1;
    for (const submission of submissions) {
      if (submission.call === undefined) continue;
      const made = (this.#made.get(submission) ?? 0) + 1;
      this.#made.set(submission, made);
      most = Math.max(most, made);
    }
    return most;
  }
}

interface Carried {
  readonly calls: readonly SpanPlace[];
  readonly blocked: readonly SpanPlace[];
  /** The number of commands that were not left undone, of recorded calls or not. */
  readonly commands: number;
}

function sorted(submissions: readonly Submission[], results: Results<Execution> | undefined): Carried {
  const calls: SpanPlace[] = [];
  const blocked: SpanPlace[] = [];
  let commands = 0;
  for (const [i, { call }] of submissions.entries()) {
    const isBlocked = results?.[i] instanceof Blocked;
    if (!isBlocked) commands++;
    if (call !== undefined) (isBlocked ? blocked : calls).push(call);
  }
  return { calls, blocked, commands };
}

/** The SQLSTATE, if the error is the database's. */
function nameOf(error: unknown): string {
  return sqlStateOf(error) ?? (error instanceof Error ? error.name : String(error));
}
