import { Batcher } from '../../../../src/engine/scheduler/batcher.js';
import type { Clock } from '../../../../src/engine/scheduler/clock.js';
import type { Answer } from '../../../../src/engine/scheduler/entry.js';
import type {
  Executor,
  FailureKind,
  Results,
  SchedulerLimits,
} from '../../../../src/engine/scheduler/executor.js';

/** What a scripted execution throws. */
export class Failed extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string = kind,
  ) {
    super(message);
  }
}

/** Time that passes only in sleeps, and when a test says so. */
export class FakeClock implements Clock {
  now = 1_000_000;
  readonly slept: number[] = [];
  /** What `random` answers: 0 draws the shortest waits. */
  drawn = 0;

  nowMs = (): number => this.now;
  random = (): number => this.drawn;
  endOfTurn = (callback: () => void): void => {
    setImmediate(callback);
  };
  /** Callbacks that are due later; the test decides when to call them. */
  readonly later: (() => void)[] = [];
  after = (_ms: number, callback: () => void): (() => void) => {
    this.later.push(callback);
    return () => {
      this.later.splice(this.later.indexOf(callback), 1);
    };
  };
  sleep = async (ms: number): Promise<void> => {
    this.slept.push(ms);
    this.now += ms;
  };
}

/** One execution that has begun and waits for the test to say how it ends. */
export interface Begun {
  readonly calls: readonly string[];
  succeed(): void;
  fail(error: unknown): void;
}

export const NEVER = Number.MAX_SAFE_INTEGER;

const limits: SchedulerLimits = {
  engineLanes: 1,
  batchCommandsMax: 100,
  queueCommandsMax: 1000,
  queueWaitMaxMs: 0,
  straysMax: 4,
  slowMs: 100,
  rowsAwaitedMax: 2,
  findFreeEveryMs: 50,
  rowWaitMaxMs: 1000,
  attemptsMax: 4,
  reconcileAttemptsMax: 5,
  backoffMinMs: 10,
  backoffMaxMs: 80,
};

/** The result of a call is the call itself, after an `=`. */
export const resultsOf = (calls: readonly string[]): string[] => calls.map((call) => `=${call}`);

type Setup = Partial<Executor<string, string>> & { limits?: Partial<SchedulerLimits> };

/** A batcher of text, with what it did. Without an `execute`, each execution waits for the test. */
export function setUp(options: Setup = {}) {
  const clock = new FakeClock();
  /** The calls of each execution, in order. */
  const executed: string[][] = [];
  const begun: Begun[] = [];
  const waiting: ((begun: Begun) => void)[] = [];
  const hold = (calls: readonly string[]): Promise<Results<string>> =>
    new Promise((resolve, fail) => {
      const execution = { calls, succeed: () => resolve(resultsOf(calls)), fail };
      const waiter = waiting.shift();
      if (waiter === undefined) begun.push(execution);
      else waiter(execution);
    });
  const { limits: limited, ...scripted } = options;
  const executor: Executor<string, string> = {
    failureKind: (error) => (error as Failed).kind,
    reconcile: async () => undefined,
    executeBehind: async () => {
      throw new Failed('retry', 'nobody waits for rows here');
    },
    executePatiently: async () => {
      throw new Failed('retry', 'nobody waits for rows here');
    },
    findFree: async () => [],
    lookOf: () => '',
    weightOf: () => 1,
    sequenceOf: () => undefined,
    groupOf: () => '',
    namesOf: () => [],
    oneGroup: false,
    ...scripted,
    execute: (calls, claim) => {
      executed.push([...calls]);
      return (options.execute ?? hold)(calls, claim);
    },
  };
  const batcher = new Batcher<string, string>(executor, { ...limits, ...limited }, clock);
  return {
    batcher,
    clock,
    executed,
    /** Submits calls that arrive in one turn. */
    submit: (...calls: string[]): Promise<Answer<string>>[] =>
      calls.map((call) => batcher.submit(call, NEVER)),
    /** The next execution to begin, or that has begun. */
    next: (): Promise<Begun> => {
      const first = begun.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}

/** Lets everything happen that needs nothing more from the test. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** `done =a`, `failed culprit`, `queue_full`, … */
export function told(answer: Answer<string>): string {
  switch (answer.kind) {
    case 'done':
      return `done ${answer.result}`;
    case 'failed':
      return `failed ${(answer.error as Error).message}`;
    default:
      return answer.kind;
  }
}

export async function allTold(answers: readonly Promise<Answer<string>>[]): Promise<string[]> {
  return (await Promise.all(answers)).map(told);
}
