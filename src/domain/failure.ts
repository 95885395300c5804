import type { SourceName } from './command.js';

/**
 * Why a call failed: the closed list of the contract, as data. Each reason is described in
 * proto/inventory/v1/error_reason.proto, with an example.
 */
export type Failure = Rejection | Refusal | Fault;

/** Decided by the rules of stock on locked state. Stored under an idempotency key like a success. */
export type Rejection =
  | {
      readonly reason: 'INVENTORY_NOT_FOUND';
      /** The records that do not exist, when the command names several. */
      readonly ids?: readonly string[];
      /** The SKUs and products that have no records, when lines name such. */
      readonly sources?: readonly SourceName[];
    }
  | {
      readonly reason: 'INVENTORY_ALREADY_EXISTS';
      /** Set when the id is taken, rather than the product's place in the warehouse. */
      readonly id?: string;
    }
  | { readonly reason: 'INSUFFICIENT_STOCK'; readonly requested: number; readonly available: number }
  | {
      readonly reason: 'INSUFFICIENT_STOCK';
      /** The records of an order that are short, each once; at least 1. */
      readonly shortLines: readonly ShortLine[];
    }
  | {
      readonly reason: 'INSUFFICIENT_RESERVED';
      readonly requested: number;
      readonly reserved: number;
      readonly reference: string;
      /** What the caller wanted to do with the units. */
      readonly verb?: 'release' | 'confirm';
    }
  | {
      readonly reason: 'INSUFFICIENT_RESERVED';
      readonly reference: string;
      readonly verb: OrderVerb;
      /** The records of the lines that are short, each once; at least 1. */
      readonly unheldLines: readonly UnheldLine[];
    }
  | ({ readonly reason: 'NEGATIVE_STOCK'; readonly lines?: readonly NegativeLine[] } & NegativeStock)
  | ({ readonly reason: 'STALE_QUANTITY'; readonly lines?: readonly StaleLine[] } & StaleQuantity)
  | { readonly reason: OrderEndedReason; readonly reference: string }
  /** A bound that the result would break; only the state could tell. */
  | ValidationFailed;

export type OrderEndedReason =
  | 'ORDER_NOT_HELD'
  | 'ORDER_ALREADY_RELEASED'
  | 'ORDER_ALREADY_CONFIRMED'
  | 'ORDER_EXPIRED';

/** A record of which too few units are available, or a line that leaves the choice of records. */
export type ShortLine = ({ readonly id: string } | SourceName) & {
  readonly requested: number;
  /** Of a line that leaves the choice: the most that could be had under its rule. */
  readonly available: number;
};

/** What a caller wants to do with the units that an order holds. */
export type OrderVerb = 'release' | 'confirm' | 'extend' | 'move';

export interface UnheldLine {
  readonly id: string;
  readonly requested: number;
  readonly reserved: number;
}

export interface NegativeStock {
  readonly onHand: number;
  readonly reserved: number;
  readonly change: number;
}

export interface StaleQuantity {
  readonly expected: number;
  readonly onHand: number;
}

/** A failed line of a batch, by its index from 0. */
export interface NegativeLine extends NegativeStock, BatchLine {}
export interface StaleLine extends StaleQuantity, BatchLine {}

interface BatchLine {
  readonly line: number;
  readonly id: string;
}

export interface ValidationFailed {
  readonly reason: 'VALIDATION_FAILED';
  readonly violations: readonly FieldViolation[];
}

/** The call itself is at fault. */
export type Refusal =
  | ValidationFailed
  | { readonly reason: 'MALFORMED_REQUEST'; readonly description: string }
  | { readonly reason: 'IDEMPOTENCY_KEY_REUSED' }
  | { readonly reason: 'UNAUTHENTICATED' }
  | { readonly reason: 'PERMISSION_DENIED'; readonly permission: string }
  | { readonly reason: 'RATE_LIMITED' }
  | { readonly reason: 'SLOW_READER' }
  | { readonly reason: 'MERCHANT_NOT_FOUND' }
  | { readonly reason: 'MERCHANT_ALREADY_EXISTS' }
  | { readonly reason: 'API_KEY_NOT_FOUND' };

/** The service is at fault. Stored nowhere: a retry with the same key is always safe. */
export type Fault =
  | { readonly reason: 'OVERLOADED' }
  | { readonly reason: 'CONTENTION' }
  | {
      readonly reason: 'DATABASE_UNAVAILABLE';
      /** Set when the keys of the token issuer are unavailable. */
      readonly of?: 'keys';
    }
  | { readonly reason: 'SHUTTING_DOWN' }
  | {
      readonly reason: 'DEADLINE_EXCEEDED';
      /** Set when the database stopped a read that took too long. */
      readonly of?: 'read';
    }
  | { readonly reason: 'INTERNAL' };

export interface FieldViolation {
  /** The field's path as JSON spells it, for example `qty`. */
  readonly field: string;
  /** The rule that the field breaks, for example `must be greater than 0`. */
  readonly description: string;
}

export type FailureReason = Failure['reason'];
