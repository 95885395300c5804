import type { Told } from './plan.js';

/** A client of one door, for one RPC. `C`: what is asked; `G`: what a granted call is told. */
export interface Sender<C, G> {
  /** Calls back once, never before it returns. */
  send(call: C, done: (answer: Answer<G>) => void): void;
  close(): void;
}

/** What every call carries. */
export interface CallHead {
  /** Its own, or that of the standing order that it is about. */
  readonly reference: string;
  readonly idempotencyKey: string | undefined;
}

/** The answer, as the door reads it. */
export type Answer<G> =
  | { readonly ok: true; readonly granted: G }
  | {
      readonly ok: false;
      readonly insufficient: boolean;
      /** The reason, if it is one that a busy service may give. */
      readonly refusal?: Refusal | undefined;
      readonly text: string;
    };

/** After the last of them, the caller does not know whether the call took effect. */
export type Refusal = 'OVERLOADED' | 'CONTENTION' | 'RATE_LIMITED' | 'REFUSED_STREAM' | 'DEADLINE_EXCEEDED';

export type Verdict = 'granted' | 'rejected';

/** What the generator requests, over and over. */
export interface Workload<C, G> {
  /** Records that a granted call changes. */
  readonly linesPerCall: number;
  next(): C;
  /** Whether the call was granted or correctly rejected. Any other answer makes all figures worthless, so it throws. */
  judge(call: C, answer: Answer<G>): Verdict;
  /** Absent: granted calls reserve one unit a line, each under its own reference. */
  told?(): Told;
}
