import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from './gen/google/rpc/error_details_pb.js';
import type { Status } from './gen/google/rpc/status_pb.js';
import { ErrorReason } from './gen/inventory/v1/error_reason_pb.js';

/** Why a call failed: what the service's documentation lists under `/docs/errors`. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>;

/** Those after which the same call may succeed later. */
export const retryableReasons: ReadonlySet<Reason> = new Set<Reason>([
  'RATE_LIMITED',
  'OVERLOADED',
  'CONTENTION',
  'DATABASE_UNAVAILABLE',
  'SHUTTING_DOWN',
]);

/**
 * Without a reason, these codes mean a lost connection or the answer of a proxy: whether the call took effect is
 * unknown. CANCELED is what connect-node makes of a connection that broke; callers who abort get their own reason.
 */
const lostConnectionCodes: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.Unavailable,
  Code.Aborted,
  Code.Unknown,
  Code.Internal,
]);

/** A field that breaks its rule, or a line of an order that failed. */
export interface Violation {
  /** The path of the field, such as `lines[0].qty`; or the record, SKU or product of the line. */
  readonly subject: string;
  readonly description: string;
}

/** A call that failed for good: what was worth retrying was retried. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: Code;
  /** Undefined when the failure is not the service's own answer, such as a lost connection or a deadline. */
  readonly reason: Reason | undefined;
  /** The figures of the failure, such as `requested` and `available`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
  /** Whether the same call, with the same idempotency key, may succeed later. */
  readonly retryable: boolean;
  /** How long the service asks to wait before that. */
  readonly retryAfterMs: number | undefined;
  /** The reason's place in the documentation that the service serves. */
  readonly help: string | undefined;
  /** Identifies the call in the service's log. */
  readonly requestId: string | undefined;

  constructor(
    lost: ConnectError | StreamLost,
    /** The key of the change, or of the batch, so that a caller can send it again; undefined for reads. */
    readonly idempotencyKey?: string,
  ) {
    const cause = lost instanceof StreamLost ? lost.cause : lost;
    super(cause.rawMessage, { cause });
    const find = <D extends DescMessage>(schema: D): MessageShape<D> | undefined =>
      cause.findDetails(schema)[0];
    const info = find(ErrorInfoSchema);
    const retryInfo = find(RetryInfoSchema)?.retryDelay;
    this.code = cause.code;
    this.reason = reasonOf(cause);
    this.metadata = info?.metadata ?? {};
    this.violations = [
      ...(find(BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({
        subject: field,
        description,
      })),
      ...(find(PreconditionFailureSchema)?.violations ?? []),
    ].map(({ subject, description }) => ({ subject, description }));
    this.retryable =
      lost instanceof StreamLost ||
      (info === undefined ? isLostConnection(cause) : retryableReasons.has(this.reason!));
    this.retryAfterMs = retryInfo && durationMs(retryInfo);
    this.help = find(HelpSchema)?.links[0]?.url;
    this.requestId = cause.metadata.get('x-request-id') ?? undefined;
  }
}

/** The end of a stream that had worked: whatever the cause says, another stream is worth a try, with the same keys. */
export class StreamLost extends Error {
  constructor(override readonly cause: ConnectError) {
    super(cause.message, { cause });
  }
}

/** The error of a command on a stream. */
export function errorOfStatus({ code, message, details }: Status): ConnectError {
  const error = new ConnectError(message, code);
  error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.split('/').at(-1)!, value }));
  return error;
}

/** Undefined if the failure is not the service's own answer. */
export function reasonOf(error: ConnectError): Reason | undefined {
  const name = error.findDetails(ErrorInfoSchema)[0]?.reason;
  return isReason(name) ? name : undefined;
}

function isReason(name: string | undefined): name is Reason {
  return name !== undefined && name !== 'UNSPECIFIED' && Object.hasOwn(ErrorReason, name);
}

function isLostConnection({ code, cause }: ConnectError): boolean {
  // A message that cannot be encoded was never sent.
  const isOwnFault = cause instanceof Error && cause.name === 'FieldError';
  return lostConnectionCodes.has(code) && !isOwnFault;
}
