import type { Principal } from '../auth/principal.js';

/** What a use case knows about the call, apart from the request. */
export interface CallContext {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly deadlineAtMs: number;
  readonly idempotencyKey: string | undefined;
}
