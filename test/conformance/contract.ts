import type { FailureReason } from '../../src/domain/failure.js';
import { PUBLIC_URL } from '../support/app.js';
import type { Answer, DoorName, Precondition } from '../support/doors.js';

/** The contract's table of errors, written a second time, since the service's own table is under test. */
export interface ReasonContract {
  readonly grpcCode: number;
  readonly grpcName: string;
  readonly httpStatus: number;
  readonly retryable: boolean;
}

const reason = (grpcName: string, grpcCode: number, httpStatus: number, retryable = false) => ({
  grpcName,
  grpcCode,
  httpStatus,
  retryable,
});

export const reasons: Readonly<Record<FailureReason, ReasonContract>> = {
  INSUFFICIENT_STOCK: reason('FAILED_PRECONDITION', 9, 400),
  INSUFFICIENT_RESERVED: reason('FAILED_PRECONDITION', 9, 400),
  NEGATIVE_STOCK: reason('FAILED_PRECONDITION', 9, 400),
  INVENTORY_NOT_FOUND: reason('NOT_FOUND', 5, 404),
  INVENTORY_ALREADY_EXISTS: reason('ALREADY_EXISTS', 6, 409),
  VALIDATION_FAILED: reason('INVALID_ARGUMENT', 3, 422),
  MALFORMED_REQUEST: reason('INVALID_ARGUMENT', 3, 400),
  IDEMPOTENCY_KEY_REUSED: reason('INVALID_ARGUMENT', 3, 422),
  UNAUTHENTICATED: reason('UNAUTHENTICATED', 16, 401),
  PERMISSION_DENIED: reason('PERMISSION_DENIED', 7, 403),
  RATE_LIMITED: reason('RESOURCE_EXHAUSTED', 8, 429, true),
  OVERLOADED: reason('UNAVAILABLE', 14, 503, true),
  CONTENTION: reason('UNAVAILABLE', 14, 503, true),
  DATABASE_UNAVAILABLE: reason('UNAVAILABLE', 14, 503, true),
  SHUTTING_DOWN: reason('UNAVAILABLE', 14, 503, true),
  DEADLINE_EXCEEDED: reason('DEADLINE_EXCEEDED', 4, 504),
  INTERNAL: reason('INTERNAL', 13, 500),
  ORDER_NOT_HELD: reason('FAILED_PRECONDITION', 9, 400),
  ORDER_ALREADY_RELEASED: reason('FAILED_PRECONDITION', 9, 400),
  ORDER_ALREADY_CONFIRMED: reason('FAILED_PRECONDITION', 9, 400),
  ORDER_EXPIRED: reason('FAILED_PRECONDITION', 9, 400),
  STALE_QUANTITY: reason('ABORTED', 10, 409),
  SLOW_READER: reason('RESOURCE_EXHAUSTED', 8, 429),
  MERCHANT_NOT_FOUND: reason('NOT_FOUND', 5, 404),
  MERCHANT_ALREADY_EXISTS: reason('ALREADY_EXISTS', 6, 409),
  API_KEY_NOT_FOUND: reason('NOT_FOUND', 5, 404),
};

/** https://connectrpc.com/docs/protocol/#error-codes: the Connect protocol's own statuses, by gRPC code. */
const connectStatus: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  13: 500,
  14: 503,
  16: 401,
};

/** What a call should come to, said once for all doors. May contain matchers. */
export type Expected = { readonly data: unknown } | ExpectedFailure;

export interface ExpectedFailure {
  readonly reason: FailureReason;
  readonly message: string;
  /** The metadata of ErrorInfo. On REST, members next to `message`, with numbers as numbers. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Field → the rule that it breaks: `errors` on REST, BadRequest elsewhere. */
  readonly violations?: Readonly<Record<string, string>>;
  /** The failed parts of a request of many: `errors` of REST … */
  readonly failedParts?: readonly unknown[];
  /** … and PreconditionFailure elsewhere. */
  readonly preconditions?: readonly Precondition[];
}

export function helpOf(reason: string): string {
  return `${PUBLIC_URL}/docs/errors#${reason.toLowerCase()}`;
}

/** The whole answer of a door, without its request id. */
export function answerOf(door: DoorName, expected: Expected, replayed: boolean): Answer {
  const http = door === 'REST' || door.startsWith('Connect');
  if ('data' in expected) {
    return { ok: true, data: expected.data, replayed, ...(http ? { httpStatus: 200 } : {}) };
  }
  const { reason, message, metadata = {}, violations, failedParts, preconditions } = expected;
  const { grpcCode, httpStatus, retryable } = reasons[reason];
  return {
    ok: false,
    reason,
    message,
    replayed,
    metadata,
    ...(violations === undefined
      ? {}
      : { violations: isCommandDoor(door) ? inEnvelope(violations) : violations }),
    ...(retryable ? { retryAfterSeconds: 1 } : {}),
    // This body is published word for word, without a link.
    ...(door === 'REST' && reason === 'UNAUTHENTICATED' ? {} : { help: helpOf(reason) }),
    ...(door === 'REST'
      ? { httpStatus, ...(failedParts === undefined ? {} : { failedParts }) }
      : {
          code: grpcCode,
          domain: 'inventory.v1',
          ...(preconditions === undefined ? {} : { preconditions }),
        }),
    ...(http && door !== 'REST' ? { httpStatus: connectStatus[grpcCode]! } : {}),
  };
}

/** An answer without the one thing that differs from call to call. */
export function withoutRequestId(answer: Answer): Answer {
  const { requestId: _, ...rest } = answer;
  return rest;
}

function isCommandDoor(door: DoorName): boolean {
  return door === 'Execute' || door === 'BatchExecute';
}

/** A command's key comes in a field, and not in a header, which could be sent more than once. */
function inEnvelope(violations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(violations).map(([field, rule]) =>
    field === 'Idempotency-Key' ? ['idempotencyKey', rule.replace(', sent only once', '')] : [field, rule],
  );
  return Object.fromEntries(entries);
}
