import type { Failure, FailureReason, Fault, Refusal } from './failure.js';

/** What all failures of a reason have in common, apart from wire codes (`transport/failures/errors.ts`). */
export interface ReasonFacts<R extends FailureReason = FailureReason> {
  /** Who is at fault: see `Rejection`, `Refusal` and `Fault`. */
  readonly class: ClassOf<R>;
  /** Whether the same call may succeed later; callers are told how long to wait. */
  readonly retryable: boolean;
  /** The members of the failure that callers get as data along with its message. */
  readonly metadata: readonly MembersOf<R>[];
}

/** VALIDATION_FAILED may also come from the state, but is always the call's fault. */
type ClassOf<R extends FailureReason> = R extends Fault['reason']
  ? 'fault'
  : R extends Refusal['reason']
    ? 'refusal'
    : 'rejection';

type MembersOf<R extends FailureReason, F = Failure> = F extends Failure
  ? R extends F['reason']
    ? Exclude<keyof F, 'reason'>
    : never
  : never;

/** Reason → its facts, in the order of the proto. The type makes the table total. */
export const reasons: { readonly [R in FailureReason]: ReasonFacts<R> } = {
  INSUFFICIENT_STOCK: { class: 'rejection', retryable: false, metadata: ['requested', 'available'] },
  INSUFFICIENT_RESERVED: {
    class: 'rejection',
    retryable: false,
    metadata: ['requested', 'reserved', 'reference'],
  },
  NEGATIVE_STOCK: { class: 'rejection', retryable: false, metadata: ['onHand', 'reserved', 'change'] },
  INVENTORY_NOT_FOUND: { class: 'rejection', retryable: false, metadata: [] },
  INVENTORY_ALREADY_EXISTS: { class: 'rejection', retryable: false, metadata: [] },
  VALIDATION_FAILED: { class: 'refusal', retryable: false, metadata: [] },
  MALFORMED_REQUEST: { class: 'refusal', retryable: false, metadata: [] },
  IDEMPOTENCY_KEY_REUSED: { class: 'refusal', retryable: false, metadata: [] },
  UNAUTHENTICATED: { class: 'refusal', retryable: false, metadata: [] },
  PERMISSION_DENIED: { class: 'refusal', retryable: false, metadata: ['permission'] },
  RATE_LIMITED: { class: 'refusal', retryable: true, metadata: [] },
  OVERLOADED: { class: 'fault', retryable: true, metadata: [] },
  CONTENTION: { class: 'fault', retryable: true, metadata: [] },
  DATABASE_UNAVAILABLE: { class: 'fault', retryable: true, metadata: [] },
  SHUTTING_DOWN: { class: 'fault', retryable: true, metadata: [] },
  DEADLINE_EXCEEDED: { class: 'fault', retryable: false, metadata: [] },
  INTERNAL: { class: 'fault', retryable: false, metadata: [] },
  ORDER_NOT_HELD: { class: 'rejection', retryable: false, metadata: ['reference'] },
  ORDER_ALREADY_RELEASED: { class: 'rejection', retryable: false, metadata: ['reference'] },
  ORDER_ALREADY_CONFIRMED: { class: 'rejection', retryable: false, metadata: ['reference'] },
  ORDER_EXPIRED: { class: 'rejection', retryable: false, metadata: ['reference'] },
  STALE_QUANTITY: { class: 'rejection', retryable: false, metadata: ['expected', 'onHand'] },
  SLOW_READER: { class: 'refusal', retryable: false, metadata: [] },
  MERCHANT_NOT_FOUND: { class: 'refusal', retryable: false, metadata: [] },
  MERCHANT_ALREADY_EXISTS: { class: 'refusal', retryable: false, metadata: [] },
  API_KEY_NOT_FOUND: { class: 'refusal', retryable: false, metadata: [] },
};
