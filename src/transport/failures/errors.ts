import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { Failure, FailureReason } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import { reasons } from '../../domain/reasons.js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from '../../gen/google/rpc/error_details_pb.js';
import { failedLines } from './failed-lines.js';
import { failureFacts } from './failure-facts.js';
import type { HelpLinks } from './help-links.js';

/** `domain` of every ErrorInfo. */
export const ERROR_DOMAIN = 'inventory.v1';

/** How long a caller should wait before retrying, where retrying makes sense. */
export const RETRY_AFTER_SECONDS = 1;

export interface ErrorCodes {
  /** gRPC statuses and Connect codes share the same numbers. */
  readonly code: Code;
  readonly httpStatus: number;
}

/** Reason → codes; the type makes it total. Everything else about a reason is in `domain/reasons.ts`. */
export const errorCodes: Readonly<Record<FailureReason, ErrorCodes>> = {
  INSUFFICIENT_STOCK: { code: Code.FailedPrecondition, httpStatus: 400 },
  INSUFFICIENT_RESERVED: { code: Code.FailedPrecondition, httpStatus: 400 },
  NEGATIVE_STOCK: { code: Code.FailedPrecondition, httpStatus: 400 },
  STALE_QUANTITY: { code: Code.Aborted, httpStatus: 409 },
  ORDER_NOT_HELD: { code: Code.FailedPrecondition, httpStatus: 400 },
  ORDER_ALREADY_RELEASED: { code: Code.FailedPrecondition, httpStatus: 400 },
  ORDER_ALREADY_CONFIRMED: { code: Code.FailedPrecondition, httpStatus: 400 },
  ORDER_EXPIRED: { code: Code.FailedPrecondition, httpStatus: 400 },
  INVENTORY_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  INVENTORY_ALREADY_EXISTS: { code: Code.AlreadyExists, httpStatus: 409 },
  VALIDATION_FAILED: { code: Code.InvalidArgument, httpStatus: 422 },
  MALFORMED_REQUEST: { code: Code.InvalidArgument, httpStatus: 400 },
  IDEMPOTENCY_KEY_REUSED: { code: Code.InvalidArgument, httpStatus: 422 },
  UNAUTHENTICATED: { code: Code.Unauthenticated, httpStatus: 401 },
  PERMISSION_DENIED: { code: Code.PermissionDenied, httpStatus: 403 },
  RATE_LIMITED: { code: Code.ResourceExhausted, httpStatus: 429 },
  SLOW_READER: { code: Code.ResourceExhausted, httpStatus: 429 },
  MERCHANT_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  MERCHANT_ALREADY_EXISTS: { code: Code.AlreadyExists, httpStatus: 409 },
  API_KEY_NOT_FOUND: { code: Code.NotFound, httpStatus: 404 },
  OVERLOADED: { code: Code.Unavailable, httpStatus: 503 },
  CONTENTION: { code: Code.Unavailable, httpStatus: 503 },
  DATABASE_UNAVAILABLE: { code: Code.Unavailable, httpStatus: 503 },
  SHUTTING_DOWN: { code: Code.Unavailable, httpStatus: 503 },
  DEADLINE_EXCEEDED: { code: Code.DeadlineExceeded, httpStatus: 504 },
  INTERNAL: { code: Code.Internal, httpStatus: 500 },
};

/** A google.rpc detail, in the form that ConnectError takes. */
export interface ErrorDetail<D extends DescMessage = DescMessage> {
  readonly desc: D;
  readonly value: MessageInitShape<D>;
}

/**
 * The details that gRPC and Connect callers get in addition to code and message. A long list of violations is cut
 * short; `omitted` says by how many.
 */
export function errorDetails(failure: Failure): ErrorDetail[] {
  const metadata: Record<string, string> = {};
  for (const [name, fact] of Object.entries(failureFacts(failure))) metadata[name] = `${fact}`;
  const info = { reason: failure.reason, domain: ERROR_DOMAIN, metadata };
  const details: ErrorDetail[] = [{ desc: ErrorInfoSchema, value: info }];
  if (failure.reason === 'VALIDATION_FAILED') {
    const all = failure.violations.map(({ field, description }) => ({ field, description }));
    const fieldViolations = fitting(all, metadata);
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  const lines = failedLines(failure);
  if (lines !== undefined) {
    const type = failure.reason;
    const all = lines.map(({ subject, description }) => ({ type, subject, description }));
    const violations = fitting(all, metadata);
    details.push({
      desc: PreconditionFailureSchema,
      value: create(PreconditionFailureSchema, { violations }),
    });
  }
  if (reasons[failure.reason].retryable) {
    const retryDelay = { seconds: BigInt(RETRY_AFTER_SECONDS) };
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

/**
 * Limit for a list of violations. gRPC sends details in its trailers: Node never answers a call whose trailers exceed
 * 64 KiB, and common clients fail at 8 KiB, which includes base64 and everything else.
 */
const VIOLATIONS_BYTES_MAX = 4096;

/** The first violations that fit, at least one; records how many were left out. */
function fitting<T extends Readonly<Record<string, string>>>(
  violations: T[],
  metadata: Record<string, string>,
): T[] {
  let bytes = 0;
  const count = violations.findIndex((violation, i) => {
    for (const text of Object.values(violation)) bytes += Buffer.byteLength(text) + 4;
    return i > 0 && bytes > VIOLATIONS_BYTES_MAX;
  });
  if (count < 0) return violations;
  metadata.omitted = `${violations.length - count}`;
  return violations.slice(0, count);
}

/**
 * The REST body: the published shape, plus `code`, `requestId`, `help` and the failure's facts. `errors` describes
 * individual fields or lines.
 */
export function restErrorBody(failure: Failure, requestId: string, help: HelpLinks): string {
  const message = failureMessage(failure);
  // Published to the letter, so nothing is added.
  if (failure.reason === 'UNAUTHENTICATED') {
    return JSON.stringify({ error: 'unauthenticated', message, status: false, statusCode: 401 });
  }
  return JSON.stringify({
    ...usualBody(failure.reason, message, requestId, help),
    ...failureFacts(failure),
    errors: failedFields(failure),
  });
}

/** The same for one command of a batch, whose envelope and request id are those of the batch. */
export function restCommandError(failure: Failure, help: HelpLinks): object {
  const errors = failedFields(failure);
  const link = help.of(failure.reason);
  return {
    code: failure.reason,
    message: failureMessage(failure),
    ...(link === undefined ? {} : { help: link.url }),
    ...failureFacts(failure),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Field → what it breaks, or the lines that failed. Undefined, and left out of the JSON, if the message says everything. */
function failedFields(failure: Failure): object | undefined {
  if (failure.reason !== 'VALIDATION_FAILED') return failedLines(failure)?.map((line) => line.error);
  const errors: Record<string, string> = Object.create(null);
  for (const { field, description } of failure.violations) errors[field] ??= description;
  return errors;
}

/** The REST body for a failure that has an HTTP status but no reason of its own. */
export function malformedBody(message: string, requestId: string, help: HelpLinks): string {
  return JSON.stringify(usualBody('MALFORMED_REQUEST', message, requestId, help));
}

function usualBody(code: FailureReason, message: string, requestId: string, help: HelpLinks) {
  const link = help.of(code);
  // Without a link, the member is left out of the JSON.
  return { status: false, message, code, requestId, help: link?.url };
}
