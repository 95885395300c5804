/**
 * Why a call failed: the closed list of the contract, as data. Each reason stands once in
 * proto/inventory/v1/error_reason.proto, with an example.
 */
export type Failure = Rejection | Refusal | Fault;

/** Decided by the rules of stock, on locked state. Stored under an idempotency key like a success. */
export type Rejection =
  | { readonly reason: 'INVENTORY_NOT_FOUND' }
  | { readonly reason: 'INVENTORY_ALREADY_EXISTS' }
  | { readonly reason: 'INSUFFICIENT_STOCK'; readonly requested: number; readonly available: number }
  | {
      readonly reason: 'INSUFFICIENT_RESERVED';
      readonly requested: number;
      readonly reserved: number;
      readonly reference: string;
    }
  | {
      readonly reason: 'NEGATIVE_STOCK';
      readonly onHand: number;
      readonly reserved: number;
      readonly change: number;
    };

/** The call itself is at fault. */
export type Refusal =
  | { readonly reason: 'VALIDATION_FAILED'; readonly violations: readonly FieldViolation[] }
  | { readonly reason: 'MALFORMED_REQUEST'; readonly description: string }
  | { readonly reason: 'IDEMPOTENCY_KEY_REUSED' }
  | { readonly reason: 'UNAUTHENTICATED' }
  | { readonly reason: 'PERMISSION_DENIED'; readonly permission: string }
  | { readonly reason: 'RATE_LIMITED' };

/** The service is at fault. Stored nowhere: a retry with the same key is always safe. */
export type Fault =
  | { readonly reason: 'OVERLOADED' }
  | { readonly reason: 'CONTENTION' }
  | { readonly reason: 'DATABASE_UNAVAILABLE' }
  | { readonly reason: 'SHUTTING_DOWN' }
  | { readonly reason: 'DEADLINE_EXCEEDED' }
  | { readonly reason: 'INTERNAL' };

export interface FieldViolation {
  /** The field's path as JSON spells it, for example `qty`. */
  readonly field: string;
  /** What the field breaks, for example `must be greater than 0`. */
  readonly description: string;
}

export type FailureReason = Failure['reason'];
