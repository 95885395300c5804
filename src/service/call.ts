import type { Principal } from '../auth/principal.js';
import type { CallSpan } from '../telemetry/spans.js';

/** The protocol that a call came by. */
export type Door = 'grpc' | 'rest' | 'connect' | 'grpc-web';

/** What tells a call from others, in the log, the metrics and traces. */
export interface CallOrigin {
  readonly door: Door;
  readonly requestId: string;
  /** As sent; nobody has checked it. */
  readonly traceparent: string | undefined;
}

/** What a use case knows about the call, apart from the request. */
export interface CallContext {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly deadlineAtMs: number;
  readonly idempotencyKey: string | undefined;
  /** Of a call that may bring commands. */
  readonly origin?: CallOrigin;
  /** Undefined: it is not traced. */
  readonly span?: CallSpan | undefined;
  /** Of a command on a stream or in a batch; see Submission. */
  readonly isLetIn?: true | undefined;
  /** Of a command on a stream or in a batch; see Submission. */
  readonly sequence?: string | undefined;
  /** Called once the engine has the command, so that a command that is handed in later comes after it. */
  readonly onSubmit?: () => void;
}
