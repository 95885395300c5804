import { describe, expect, test } from 'vitest';
import type { Failure, FailureReason, OrderVerb } from '../../../src/domain/failure.js';
import { failureMessage } from '../../../src/domain/failure-message.js';

const reserve = (requested: number, available: number): Failure => ({
  reason: 'INSUFFICIENT_STOCK',
  requested,
  available,
});
const release = (requested: number, reserved: number, reference = '') =>
  ({ reason: 'INSUFFICIENT_RESERVED', requested, reserved, reference }) as const;
const confirm = (requested: number, reserved: number, reference = ''): Failure => ({
  ...release(requested, reserved, reference),
  verb: 'confirm',
});
const unheld = (verb: OrderVerb, ...ids: string[]): Failure => ({
  reason: 'INSUFFICIENT_RESERVED',
  reference: 'A',
  verb,
  unheldLines: ids.map((id) => ({ id, requested: 5, reserved: 3 })),
});
const order = (...ids: string[]): Failure => ({
  reason: 'INSUFFICIENT_STOCK',
  shortLines: ids.map((id) => ({ id, requested: 5, available: 3 })),
});
const stale = (expected: number, onHand: number): Failure => ({ reason: 'STALE_QUANTITY', expected, onHand });
const adjust = (onHand: number, reserved: number, change: number): Failure => ({
  reason: 'NEGATIVE_STOCK',
  onHand,
  reserved,
  change,
});

describe('messages that state figures', () => {
  test.each<[Failure, string]>([
    [reserve(5, 3), 'Cannot reserve 5 units. Only 3 units are currently available.'],
    [reserve(5, 1), 'Cannot reserve 5 units. Only 1 unit is currently available.'],
    [reserve(1, 0), 'Cannot reserve 1 unit. Only 0 units are currently available.'],
    [
      reserve(2147483647, 2147483646),
      'Cannot reserve 2147483647 units. Only 2147483646 units are currently available.',
    ],
    [release(5, 3), 'Cannot release 5 units. Only 3 units are currently reserved.'],
    [release(2, 1), 'Cannot release 2 units. Only 1 unit is currently reserved.'],
    [release(1, 0), 'Cannot release 1 unit. Only 0 units are currently reserved.'],
    [
      release(5, 3, 'ORD-20241201-0099'),
      'Cannot release 5 units. Only 3 units are currently reserved for ORD-20241201-0099.',
    ],
    [release(2, 1, 'A'), 'Cannot release 2 units. Only 1 unit is currently reserved for A.'],
    [release(1, 0, 'A'), 'Cannot release 1 unit. Only 0 units are currently reserved for A.'],
    [confirm(5, 3), 'Cannot confirm 5 units. Only 3 units are currently reserved.'],
    [confirm(2, 1, 'ORD-1'), 'Cannot confirm 2 units. Only 1 unit is currently reserved for ORD-1.'],
    [confirm(1, 0), 'Cannot confirm 1 unit. Only 0 units are currently reserved.'],
    [order('a'), 'Cannot reserve the order. 1 line asks for more units than are currently available.'],
    [order('a', 'b'), 'Cannot reserve the order. 2 lines ask for more units than are currently available.'],
    [
      unheld('release', 'a'),
      'Cannot release the order. 1 line asks for more units than are currently reserved for A.',
    ],
    [
      unheld('move', 'a', 'b'),
      'Cannot move the order. 2 lines ask for more units than are currently reserved for A.',
    ],
    [stale(10, 12), 'Expected 10 units on hand, but there are 12.'],
    [stale(1, 0), 'Expected 1 unit on hand, but there are 0.'],
    [stale(0, 1), 'Expected 0 units on hand, but there is 1.'],
    [
      adjust(5, 0, -8),
      'Adjustment would result in negative stock. Current on-hand: 5, requested change: -8.',
    ],
    [adjust(5, 4, -4), 'Adjustment would leave 1 unit on hand, but 4 units are reserved.'],
    [adjust(5, 1, -5), 'Adjustment would leave 0 units on hand, but 1 unit is reserved.'],
  ])('%j → %s', (failure, message) => {
    expect(failureMessage(failure)).toBe(message);
  });
});

/** Every other reason. A new reason is a compile error here until its message is written down. */
const fixed: {
  [R in Exclude<
    FailureReason,
    'INSUFFICIENT_STOCK' | 'INSUFFICIENT_RESERVED' | 'NEGATIVE_STOCK' | 'STALE_QUANTITY'
  >]: [Failure & { reason: R }, string];
} = {
  MERCHANT_NOT_FOUND: [{ reason: 'MERCHANT_NOT_FOUND' }, 'Merchant not found.'],
  MERCHANT_ALREADY_EXISTS: [{ reason: 'MERCHANT_ALREADY_EXISTS' }, 'A merchant with this id already exists.'],
  API_KEY_NOT_FOUND: [{ reason: 'API_KEY_NOT_FOUND' }, 'API key not found.'],
  INVENTORY_NOT_FOUND: [{ reason: 'INVENTORY_NOT_FOUND' }, 'Inventory record not found.'],
  INVENTORY_ALREADY_EXISTS: [
    { reason: 'INVENTORY_ALREADY_EXISTS' },
    'An inventory record for this product already exists in the specified warehouse.',
  ],
  VALIDATION_FAILED: [
    { reason: 'VALIDATION_FAILED', violations: [{ field: 'qty', description: 'must be greater than 0' }] },
    'Validation error',
  ],
  MALFORMED_REQUEST: [
    { reason: 'MALFORMED_REQUEST', description: 'not JSON' },
    'Malformed request: not JSON',
  ],
  IDEMPOTENCY_KEY_REUSED: [
    { reason: 'IDEMPOTENCY_KEY_REUSED' },
    'Idempotency-Key was already used with a different request.',
  ],
  UNAUTHENTICATED: [{ reason: 'UNAUTHENTICATED' }, 'Full authentication is required to access this resource'],
  PERMISSION_DENIED: [
    { reason: 'PERMISSION_DENIED', permission: 'can_update_inventory' },
    'The permission can_update_inventory is required.',
  ],
  RATE_LIMITED: [{ reason: 'RATE_LIMITED' }, 'Too many requests. Retry later.'],
  SLOW_READER: [
    { reason: 'SLOW_READER' },
    'The stream was not read quickly enough. Go on after the last event.',
  ],
  OVERLOADED: [{ reason: 'OVERLOADED' }, 'The service is overloaded. Retry later.'],
  CONTENTION: [{ reason: 'CONTENTION' }, 'The record is busy. Retry later.'],
  DATABASE_UNAVAILABLE: [{ reason: 'DATABASE_UNAVAILABLE' }, 'The database is unavailable. Retry later.'],
  SHUTTING_DOWN: [{ reason: 'SHUTTING_DOWN' }, 'The service is shutting down. Retry later.'],
  DEADLINE_EXCEEDED: [
    { reason: 'DEADLINE_EXCEEDED' },
    'The deadline passed before the request was executed.',
  ],
  INTERNAL: [{ reason: 'INTERNAL' }, 'Internal error.'],
  ORDER_NOT_HELD: [{ reason: 'ORDER_NOT_HELD', reference: 'A' }, 'Nothing is held for A.'],
  ORDER_ALREADY_RELEASED: [{ reason: 'ORDER_ALREADY_RELEASED', reference: 'A' }, 'A was already released.'],
  ORDER_ALREADY_CONFIRMED: [
    { reason: 'ORDER_ALREADY_CONFIRMED', reference: 'A' },
    'A was already confirmed.',
  ],
  ORDER_EXPIRED: [{ reason: 'ORDER_EXPIRED', reference: 'A' }, 'The holds of A have expired.'],
};

/** Reasons with more than one message: their other messages. */
const others: readonly [Failure, string][] = [
  [
    { reason: 'DATABASE_UNAVAILABLE', of: 'keys' },
    "The keys of the token's issuer are unavailable. Retry later.",
  ],
  [
    { reason: 'DEADLINE_EXCEEDED', of: 'read' },
    'The read took too long and was stopped. Ask for less, or retry later.',
  ],
];

describe('messages that do not', () => {
  test.each([...Object.values(fixed), ...others])('%j → %s', (failure, message) => {
    expect(failureMessage(failure)).toBe(message);
  });
});
