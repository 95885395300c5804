import { expect } from 'vitest';
import type { SeedRecord } from '../../../src/store/seed.js';
import type { JsonRequest, Rpc } from '../../support/doors.js';
import type { Expected, ExpectedFailure } from '../contract.js';
import { inSeconds, justNow } from '../matchers.js';
import { type Call, merchant, type PassTime } from '../scenario.js';

/** The vocabulary of scenarios: calls, and what they come to. */

export const ID = 'inv_xyz789';
export const OTHER = 'inv_other';
export const ORDER = 'ORD-20241201-0099';
export const QTY_MAX = 2147483647;

export type Extras = Pick<Call, 'idempotencyKey' | 'replayed' | 'caller' | 'bind'>;

export const call = (rpc: Rpc, request: JsonRequest, expected: Expected, extras: Extras = {}): Call => ({
  rpc,
  request,
  expected,
  ...extras,
});

/** On the one record that most scenarios are about. */
const onRecord =
  (rpc: Rpc) =>
  (qty: number, more: JsonRequest, expected: Expected, extras: Extras = {}): Call =>
    call(rpc, { id: ID, qty, ...more }, expected, extras);
export const reserve = onRecord('Reserve');
export const release = onRecord('Release');
export const confirm = onRecord('Confirm');
export const adjust = onRecord('Adjust');

const onOrder =
  (rpc: Rpc) =>
  (reference: string, expected: Expected, extras: Extras = {}): Call =>
    call(rpc, { reference }, expected, extras);
export const releaseOrder = onOrder('ReleaseOrder');
export const confirmOrder = onOrder('ConfirmOrder');
export const getOrder = onOrder('GetOrder');
export const reserveOrder = (
  reference: string,
  lines: readonly (readonly [string, number])[],
  expected: Expected,
  more: JsonRequest = {},
  extras: Extras = {},
): Call =>
  call(
    'ReserveOrder',
    { reference, lines: lines.map(([id, qty]) => ({ id, qty })), ...more },
    expected,
    extras,
  );

export const setOrder = (
  reference: string,
  lines: readonly (readonly [string, number])[],
  expected: Expected,
  more: JsonRequest = {},
  extras: Extras = {},
): Call =>
  call('SetOrder', { reference, lines: lines.map(([id, qty]) => ({ id, qty })), ...more }, expected, extras);
export const setHold = (
  reference: string,
  qty: number,
  expected: Expected,
  more: JsonRequest = {},
  extras: Extras = {},
): Call => call('SetHold', { id: ID, qty, reference, ...more }, expected, extras);

export const getRecord = (id: unknown, expected: Expected, extras: Extras = {}): Call =>
  call('GetInventory', { id }, expected, extras);
export const listHolds = (expected: Expected, more: JsonRequest = {}): Call =>
  call('ListHolds', { id: ID, ...more }, expected);

export const pass = (seconds: number): PassTime => ({ passSeconds: seconds });

export const record = (
  onHandQty: number,
  reservedQty: number,
  id = ID,
  details: SeedRecord['details'] = {},
): SeedRecord => ({ id, onHandQty, reservedQty, details });

export const ok = (data: unknown): Expected => ({ data });

export const stock = (onHandQty: number, reservedQty: number, id = ID, heldSeconds?: number) => ({
  id,
  onHandQty,
  reservedQty,
  availableQty: onHandQty - reservedQty,
  ...(heldSeconds === undefined ? {} : { expiresAt: inSeconds(heldSeconds) }),
});

/** The answer of Reserve, Release and Confirm: exactly the four fields of the page, and those of `beyond`. */
export const now = (onHandQty: number, reservedQty: number, id = ID, beyond: object = {}): Expected =>
  ok({ ...stock(onHandQty, reservedQty, id), ...beyond });

/** A seeded record as the reads show it, with changes. */
export const recordData = (onHandQty: number, reservedQty: number, id = ID, changes: object = {}) => ({
  ...stock(onHandQty, reservedQty, id),
  productId: id,
  skuId: null,
  tenantId: merchant,
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
  lastStockAdjusted: justNow,
  lastAdjustedBy: 'system',
  createdAt: justNow,
  updatedAt: justNow,
  ...changes,
});

/** A seeded record as Adjust answers. */
export const adjusted = (onHandQty: number, reservedQty: number, id = ID) => ({
  ...stock(onHandQty, reservedQty, id),
  productId: id,
  warehouseId: 'main',
  warehouseName: '',
  lastStockAdjusted: justNow,
  lastAdjustedBy: 'tester',
});

export const hold = (qty: number, reference: string | null, id = ID, expiresAt?: unknown) => ({
  id,
  reference,
  qty,
  ...(expiresAt === undefined ? {} : { expiresAt }),
});

export const holds = (...content: object[]): Expected => ok({ content, limit: 100, nextPageToken: '' });

type StockLine = ReturnType<typeof stock>;
export const reservedOrder = (
  reference: string,
  lines: readonly (readonly [id: string, requested: number, reserved: number])[],
  stock: readonly StockLine[],
  beyond: object = {},
): Expected =>
  ok({
    reference,
    lines: lines.map(([id, requested, reserved]) => ({ id, requested, reserved })),
    stock,
    ...beyond,
  });
export const endedOrder = (
  reference: string,
  lines: readonly (readonly [id: string, qty: number])[],
  stock: readonly StockLine[],
): Expected => ok({ reference, lines: lines.map(([id, qty]) => ({ id, qty })), stock });
export const movedOrder = (
  reference: string,
  toReference: string,
  lines: readonly (readonly [id: string, qty: number])[],
  stock: readonly StockLine[],
  beyond: object = {},
): Expected =>
  ok({ reference, toReference, lines: lines.map(([id, qty]) => ({ id, qty })), stock, ...beyond });
/** The answer of ExtendOrder. */
export const heldOrder = (reference: string, ...holds: object[]): Expected =>
  order(reference, 'HELD', ...holds);
export const order = (reference: string, state: string, ...holds: object[]): Expected =>
  orderWith(reference, state, expect.any(Array), ...holds);
/** The answer of GetOrder: also what became of the units of each record. */
export const orderWith = (reference: string, state: string, lines: unknown, ...holds: object[]): Expected =>
  ok({ reference, state, holds, lines });
/** One record of an order: its held units, and those that left in each way. */
export const orderLine = (
  id: string,
  heldQty: number,
  left: { confirmed?: number; released?: number; expired?: number; moved?: number } = {},
  expiresAt?: unknown,
) => ({
  id,
  heldQty,
  confirmedQty: left.confirmed ?? 0,
  releasedQty: left.released ?? 0,
  expiredQty: left.expired ?? 0,
  movedQty: left.moved ?? 0,
  ...(expiresAt === undefined ? {} : { expiresAt }),
});

/** The first page, of 50 at most, and the last. */
export const onlyPage = (...content: unknown[]): Expected =>
  ok({ content, page: 0, limit: 50, totalElements: content.length, nextPageToken: '' });
/** A token is opaque: a caller sends it back unchanged. */
export const token: unknown = expect.stringMatching(/^[\x21-\x7e]{1,1024}$/);

export const noStock = (requested: number, available: number, message: string): Expected => ({
  reason: 'INSUFFICIENT_STOCK',
  message,
  metadata: { requested: `${requested}`, available: `${available}` },
});
export const noReserved = (
  requested: number,
  reserved: number,
  message: string,
  reference?: string,
): Expected => ({
  reason: 'INSUFFICIENT_RESERVED',
  message,
  metadata: {
    requested: `${requested}`,
    reserved: `${reserved}`,
    ...(reference === undefined ? {} : { reference }),
  },
});

/** The refusal of an order whose records have too few units, each with the sum of its lines. */
export const shortLines = (
  ...lines: readonly (readonly [id: string, requested: number, available: number])[]
): Expected => ({
  reason: 'INSUFFICIENT_STOCK',
  message: `Cannot reserve the order. ${
    lines.length === 1 ? '1 line asks' : `${lines.length} lines ask`
  } for more units than are currently available.`,
  failedParts: lines.map(([id, requested, available]) => ({ id, requested, available })),
  preconditions: lines.map(([id, requested, available]) => ({
    type: 'INSUFFICIENT_STOCK',
    subject: id,
    description: `requested ${requested}, available ${available}`,
  })),
});

export const notFound: ExpectedFailure = {
  reason: 'INVENTORY_NOT_FOUND',
  message: 'Inventory record not found.',
};
/** The refusal of lines of which an order holds too few units, by record, each with the sum of its lines. */
export const unheldLines = (
  verb: string,
  reference: string,
  ...lines: readonly (readonly [id: string, requested: number, reserved: number])[]
): Expected => ({
  reason: 'INSUFFICIENT_RESERVED',
  message: `Cannot ${verb} the order. ${
    lines.length === 1 ? '1 line asks' : `${lines.length} lines ask`
  } for more units than are currently reserved for ${reference}.`,
  metadata: { reference },
  failedParts: lines.map(([id, requested, reserved]) => ({ id, requested, reserved })),
  preconditions: lines.map(([id, requested, reserved]) => ({
    type: 'INSUFFICIENT_RESERVED',
    subject: id,
    description: `requested ${requested}, reserved ${reserved}`,
  })),
});

export const noneOf = (...ids: string[]): Expected => ({
  ...notFound,
  failedParts: ids.map((id) => ({ id })),
  preconditions: ids.map((subject) => ({ type: notFound.reason, subject, description: notFound.message })),
});

export const alreadyExists: Expected = {
  reason: 'INVENTORY_ALREADY_EXISTS',
  message: 'An inventory record for this product already exists in the specified warehouse.',
};

export const negative = (
  onHand: number,
  reserved: number,
  change: number,
  message: string,
): ExpectedFailure => ({
  reason: 'NEGATIVE_STOCK',
  message,
  metadata: { onHand: `${onHand}`, reserved: `${reserved}`, change: `${change}` },
});
export const stale = (expected: number, onHand: number, message: string): ExpectedFailure => ({
  reason: 'STALE_QUANTITY',
  message,
  metadata: { expected: `${expected}`, onHand: `${onHand}` },
});

export const notHeld = (reference: string): Expected => ({
  reason: 'ORDER_NOT_HELD',
  message: `Nothing is held for ${reference}.`,
  metadata: { reference },
});
export const alreadyReleased = (reference: string): Expected => ({
  reason: 'ORDER_ALREADY_RELEASED',
  message: `${reference} was already released.`,
  metadata: { reference },
});
export const alreadyConfirmed = (reference: string): Expected => ({
  reason: 'ORDER_ALREADY_CONFIRMED',
  message: `${reference} was already confirmed.`,
  metadata: { reference },
});
export const expired = (reference: string): Expected => ({
  reason: 'ORDER_EXPIRED',
  message: `The holds of ${reference} have expired.`,
  metadata: { reference },
});

export const invalid = (violations: Record<string, string>): Expected => ({
  reason: 'VALIDATION_FAILED',
  message: 'Validation error',
  violations,
});
export const qtyRule = { qty: 'must be greater than 0' };
export const keyWords = 'must be 1 to 255 printable ASCII characters, without leading or trailing spaces';
export const keyRule = { 'Idempotency-Key': `${keyWords}, sent only once` };
export const denied = (permission: string): Expected => ({
  reason: 'PERMISSION_DENIED',
  message: `The permission ${permission} is required.`,
  metadata: { permission },
});
export const keyReused: Expected = {
  reason: 'IDEMPOTENCY_KEY_REUSED',
  message: 'Idempotency-Key was already used with a different request.',
};
