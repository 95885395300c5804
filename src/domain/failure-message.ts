import type { Failure, FailureReason, NegativeStock, StaleQuantity } from './failure.js';

/** Messages that say the same each time. */
const fixedMessages = {
  INVENTORY_NOT_FOUND: 'Inventory record not found.',
  VALIDATION_FAILED: 'Validation error',
  IDEMPOTENCY_KEY_REUSED: 'Idempotency-Key was already used with a different request.',
  UNAUTHENTICATED: 'Full authentication is required to access this resource',
  RATE_LIMITED: 'Too many requests. Retry later.',
  SLOW_READER: 'The stream was not read quickly enough. Go on after the last event.',
  OVERLOADED: 'The service is overloaded. Retry later.',
  CONTENTION: 'The record is busy. Retry later.',
  SHUTTING_DOWN: 'The service is shutting down. Retry later.',
  INTERNAL: 'Internal error.',
  MERCHANT_NOT_FOUND: 'Merchant not found.',
  MERCHANT_ALREADY_EXISTS: 'A merchant with this id already exists.',
  API_KEY_NOT_FOUND: 'API key not found.',
} as const satisfies Partial<Record<FailureReason, string>>;

/** The message that callers see. The published ones must not change. */
export function failureMessage(failure: Failure): string {
  switch (failure.reason) {
    case 'INSUFFICIENT_STOCK':
      if ('shortLines' in failure) {
        const short = failure.shortLines.length;
        return `Cannot reserve the order. ${short === 1 ? '1 line asks' : `${short} lines ask`} for more units than are currently available.`;
      }
      return `Cannot reserve ${units(failure.requested)}. Only ${unitsAre(failure.available)} currently available.`;
    case 'INSUFFICIENT_RESERVED': {
      if ('unheldLines' in failure) {
        const short = failure.unheldLines.length;
        return `Cannot ${failure.verb} the order. ${short === 1 ? '1 line asks' : `${short} lines ask`} for more units than are currently reserved for ${failure.reference}.`;
      }
      const whose = failure.reference === '' ? '' : ` for ${failure.reference}`;
      return `Cannot ${failure.verb ?? 'release'} ${units(failure.requested)}. Only ${unitsAre(failure.reserved)} currently reserved${whose}.`;
    }
    case 'NEGATIVE_STOCK':
      return negativeStockMessage(failure);
    case 'STALE_QUANTITY':
      return staleQuantityMessage(failure);
    case 'ORDER_NOT_HELD':
      return `Nothing is held for ${failure.reference}.`;
    case 'ORDER_ALREADY_RELEASED':
      return `${failure.reference} was already released.`;
    case 'ORDER_ALREADY_CONFIRMED':
      return `${failure.reference} was already confirmed.`;
    case 'ORDER_EXPIRED':
      return `The holds of ${failure.reference} have expired.`;
    case 'INVENTORY_ALREADY_EXISTS':
      return failure.id === undefined
        ? 'An inventory record for this product already exists in the specified warehouse.'
        : `An inventory record ${failure.id} already exists.`;
    case 'MALFORMED_REQUEST':
      return `Malformed request: ${failure.description}`;
    case 'PERMISSION_DENIED':
      return `The permission ${failure.permission} is required.`;
    case 'DATABASE_UNAVAILABLE':
      return failure.of === 'keys'
        ? "The keys of the token's issuer are unavailable. Retry later."
        : 'The database is unavailable. Retry later.';
    case 'DEADLINE_EXCEEDED':
      return failure.of === 'read'
        ? 'The read took too long and was stopped. Ask for less, or retry later.'
        : 'The deadline passed before the request was executed.';
    default:
      return fixedMessages[failure.reason];
  }
}

export function negativeStockMessage({ onHand, reserved, change }: NegativeStock): string {
  const left = onHand + change;
  return left < 0
    ? `Adjustment would result in negative stock. Current on-hand: ${onHand}, requested change: ${change}.`
    : `Adjustment would leave ${units(left)} on hand, but ${unitsAre(reserved)} reserved.`;
}

export function staleQuantityMessage({ expected, onHand }: StaleQuantity): string {
  return `Expected ${units(expected)} on hand, but there ${onHand === 1 ? 'is' : 'are'} ${onHand}.`;
}

function units(n: number): string {
  return n === 1 ? '1 unit' : `${n} units`;
}

function unitsAre(n: number): string {
  return n === 1 ? '1 unit is' : `${n} units are`;
}
