import type { DescEnum } from '@bufbuild/protobuf';
import { commentText, forRest } from './comments.js';
import type { CommentOf } from './schemas.js';

/** Why a call failed, as the comment of the enum's value tells it. */
export interface Reason {
  readonly name: string;
  readonly meaning: string;
  readonly status: number;
  readonly retryAfter: boolean;
  /** Answered only by streams that have begun, as their last message. */
  readonly endsStreams: boolean;
  /** The message of an example. */
  readonly example: string;
}

/**
 * Reads `<meaning> <GRPC_CODE>, HTTP <status>. … Example: "<message>"`.
 *
 * @throws when a comment has another form.
 */
export function readReasons(
  desc: DescEnum,
  prefix: string,
  commentOf: CommentOf,
): ReadonlyMap<string, Reason> {
  const reasons = new Map<string, Reason>();
  for (const value of desc.values) {
    if (value.number === 0) continue;
    const comment = forRest(commentText(commentOf(value)));
    const form = /^(?<meaning>.+?[.?!]) [A-Z_]+, HTTP (?<status>\d{3}).*? Example: "(?<example>[^"]+)"$/s;
    const { meaning, status, example } = form.exec(comment)?.groups ?? {};
    if (meaning === undefined || status === undefined || example === undefined) {
      throw new Error(`the comment of ${value.name} must name its codes and end in an example`);
    }
    const name = value.name.slice(prefix.length);
    const retryAfter = comment.includes('Retry-After');
    const endsStreams = comment.includes('at the end of the stream');
    reasons.set(name, { name, meaning, status: Number(status), retryAfter, endsStreams, example });
  }
  return reasons;
}

/** The known reasons that a text names in capital letters. */
export function reasonsIn(text: string, reasons: ReadonlyMap<string, Reason>): string[] {
  return [...new Set(text.match(/\b[A-Z][A-Z0-9_]{3,}\b/g) ?? [])].filter((name) => reasons.has(name));
}
