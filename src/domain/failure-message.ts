import type { Failure, NegativeStock, StaleQuantity } from './failure.js';

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
    case 'INVENTORY_NOT_FOUND':
      return 'Inventory record not found.';
    case 'INVENTORY_ALREADY_EXISTS':
      return failure.id === undefined
        ? 'An inventory record for this product already exists in the specified warehouse.'
        : `An inventory record ${failure.id} already exists.`;
    case 'VALIDATION_FAILED':
      return 'Validation error';
    case 'MALFORMED_REQUEST':
      return `Malformed request: ${failure.description}`;
    case 'IDEMPOTENCY_KEY_REUSED':
      return 'Idempotency-Key was already used with a different request.';
    case 'UNAUTHENTICATED':
      return 'Full authentication is required to access this resource';
    case 'PERMISSION_DENIED':
      return `The permission ${failure.permission} is required.`;
    case 'RATE_LIMITED':
      return 'Too many requests. Retry later.';
    case 'SLOW_READER':
      return 'The stream was not read quickly enough. Go on after the last event.';
    case 'OVERLOADED':
      return 'The service is overloaded. Retry later.';
    case 'CONTENTION':
      return 'The record is busy. Retry later.';
    case 'DATABASE_UNAVAILABLE':
      return failure.of === 'keys'
        ? "The keys of the token's issuer are unavailable. Retry later."
        : 'The database is unavailable. Retry later.';
    case 'SHUTTING_DOWN':
      return 'The service is shutting down. Retry later.';
    case 'DEADLINE_EXCEEDED':
      return 'The deadline passed before the request was executed.';
    case 'INTERNAL':
      return 'Internal error.';
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
