import type { Command } from '../domain/command.js';
import type { Outcome } from '../domain/outcome.js';
import type { SpanPlace } from '../telemetry/spans.js';

/** A command as a caller hands it in. */
export interface Submission {
  readonly command: Command;
  readonly idempotency?: Idempotency | undefined;
  /**
   * It is not refused because it would wait: it came on a stream, which is read no faster than commands are done, or in a
   * batch, which was let in as a whole.
   */
  readonly isLetIn?: true | undefined;
  /** Commands of one stream or batch have the same, and do not overtake each other on a record. */
  readonly sequence?: string | undefined;
  /** The call that handed it in, if its trace is recorded. */
  readonly call?: SpanPlace | undefined;
}

export interface Idempotency {
  /** The caller's key, unique to the merchant. */
  readonly key: string;
  /** Equal for equal method and request, different otherwise. */
  readonly fingerprint: string;
}

/** What the engine made of a submission. */
export type Execution =
  | { readonly kind: 'decided'; readonly outcome: Outcome }
  /** The stored outcome of an earlier call under the same key. */
  | { readonly kind: 'replayed'; readonly outcome: Outcome }
  | { readonly kind: 'key_reused' };
