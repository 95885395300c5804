import type { Principal } from '../auth/principal.js';

/** What a use case knows of the call, beside the request. */
export interface CallContext {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly deadlineAtMs: number;
  readonly idempotencyKey: string | undefined;
}
