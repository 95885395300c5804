/** A client of one door, for one RPC. `C`: what is asked; `G`: what a granted call is told. */
export interface Sender<C, G> {
  /** Calls back once, never before it returns. */
  send(call: C, done: (answer: Answer<G>) => void): void;
  close(): void;
}

/** What every call carries. */
export interface CallHead {
  /** Its own. */
  readonly reference: string;
  readonly idempotencyKey: string | undefined;
}

/** What came back, as far as the door can tell. */
export type Answer<G> =
  | { readonly ok: true; readonly granted: G }
  | {
      readonly ok: false;
      readonly insufficient: boolean;
      /** The reason, where it is one that a busy service may have. */
      readonly refusal?: Refusal | undefined;
      readonly text: string;
    };

/** The last of them leaves open whether the call took effect. */
export type Refusal = 'OVERLOADED' | 'CONTENTION' | 'RATE_LIMITED' | 'REFUSED_STREAM' | 'DEADLINE_EXCEEDED';

export type Verdict = 'granted' | 'rejected';

/** What the generator asks for, again and again. */
export interface Workload<C, G> {
  /** Units that a granted call reserves. */
  readonly unitsPerCall: number;
  next(): C;
  /** Whether the call was granted or rightly rejected. Throws at any other answer: it makes all figures worthless. */
  judge(call: C, answer: Answer<G>): Verdict;
}
