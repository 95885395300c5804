import type { Failure } from '../../domain/failure.js';

export type FailureFacts = Readonly<Record<string, string | number>>;

/**
 * The facts behind a failure's message, for machines: ErrorInfo's metadata, and members of a REST body beside
 * `message`, of which none may be named `status`, `message`, `code`, `requestId` or `errors`.
 */
export function failureFacts(failure: Failure): FailureFacts {
  switch (failure.reason) {
    case 'INSUFFICIENT_STOCK':
      if ('shortLines' in failure) return {};
      return { requested: failure.requested, available: failure.available };
    case 'INSUFFICIENT_RESERVED': {
      const { requested, reserved, reference } = failure;
      return reference === '' ? { requested, reserved } : { requested, reserved, reference };
    }
    case 'NEGATIVE_STOCK':
      return { onHand: failure.onHand, reserved: failure.reserved, change: failure.change };
    case 'STALE_QUANTITY':
      return { expected: failure.expected, onHand: failure.onHand };
    case 'ORDER_NOT_HELD':
    case 'ORDER_ALREADY_RELEASED':
    case 'ORDER_ALREADY_CONFIRMED':
    case 'ORDER_EXPIRED':
      return { reference: failure.reference };
    case 'PERMISSION_DENIED':
      return { permission: failure.permission };
    default:
      return {};
  }
}
