import { expect } from 'vitest';
import { inSeconds, justNow } from '../matchers.js';
import { Bound, merchant, type Scenario } from '../scenario.js';
import {
  call,
  confirm,
  type Extras,
  hold,
  ID,
  now,
  ok,
  onlyPage,
  orderLine,
  orderWith,
  pass,
  record,
  release,
  reserve,
  token,
} from './words.js';

const HOUR = 3600;

type Line = readonly [
  action: string,
  qtyChange: number,
  reference: string | null,
  notes: string | null,
  adjustedBy: string,
  after?: readonly [onHandQty: number, reservedQty: number],
];

const entry = (inventoryId: string, [action, qtyChange, reference, notes, adjustedBy, after]: Line) => ({
  id: expect.stringMatching(/^.{1,128}$/),
  inventoryId,
  productId: inventoryId,
  tenantId: merchant,
  action,
  qtyChange,
  reference,
  notes,
  adjustedBy,
  logDate: justNow,
  timestamp: justNow,
  onHandQty: after?.[0] ?? expect.any(Number),
  reservedQty: after?.[1] ?? expect.any(Number),
  toReference: null,
  movedQty: null,
});
const entries = (inventoryId: string, ...lines: Line[]) => lines.map((line) => entry(inventoryId, line));
const list = (filter: object, expected: Parameters<typeof call>[2], extras: Extras = {}) =>
  call('ListLogs', { ...filter }, expected, extras);

const seeded: Line = ['RECEIVED', 50, null, 'initial stock', 'system'];
const seededHold: Line = ['RESERVED', -5, null, 'initial stock', 'system'];

/** A little of everything: two records, six entries, two of them under A. */
const busy = {
  records: [record(50, 5), record(50, 0, 'inv_b')],
  steps: [
    reserve(2, { reference: 'A', notes: 'n' }, now(50, 7)),
    call('Reserve', { id: 'inv_b', qty: 1, reference: 'B' }, now(50, 1, 'inv_b')),
    confirm(1, { reference: 'A' }, now(49, 6)),
  ],
};
const confirmed = entry(ID, ['SOLD', -1, 'A', null, 'tester']);
const reservedB = entry('inv_b', ['RESERVED', -1, 'B', null, 'tester']);
const reservedA = entry(ID, ['RESERVED', -2, 'A', 'n', 'tester']);

const next = new Bound('next');
const bindNext = { bind: { next: 'nextPageToken' } };

export const logs: readonly Scenario[] = [
  {
    name: 'each change of a quantity is one entry, the latest first',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: 'A', notes: 'checkout' }, now(50, 7)),
      release(1, { reference: 'A' }, now(50, 6)),
      confirm(1, { reference: 'A', notes: 'parcel' }, now(49, 5)),
      release(1, {}, now(49, 4)),
      call('Adjust', { id: ID, qty: -4, action: 'DAMAGED' }, ok(expect.anything())),
      call('Adjust', { id: ID, qty: 9, action: 'RETURNED', reference: 'R' }, ok(expect.anything())),
      list(
        {},
        onlyPage(
          ...entries(
            ID,
            ['RETURNED', 9, 'R', null, 'tester', [54, 4]],
            ['DAMAGED', -4, null, null, 'tester', [45, 4]],
            ['RELEASED', 1, null, null, 'tester', [49, 4]],
            ['SOLD', -1, 'A', 'parcel', 'tester', [49, 5]],
            ['RELEASED', 1, 'A', null, 'tester', [50, 6]],
            ['RESERVED', -2, 'A', 'checkout', 'tester', [50, 7]],
            seededHold,
            seeded,
          ),
        ),
      ),
    ],
  },
  {
    name: 'log date and timestamp are one instant, and entries have ids of their own',
    records: [record(50, 0)],
    steps: [
      list(
        {},
        onlyPage({ ...entry(ID, seeded), logDate: new Bound('instant'), timestamp: new Bound('instant') }),
        { bind: { instant: 'content.0.logDate', first: 'content.0.id' } },
      ),
      reserve(1, {}, now(50, 1)),
      list(
        {},
        onlyPage(entry(ID, ['RESERVED', -1, null, null, 'tester']), {
          ...entry(ID, seeded),
          id: new Bound('first'),
        }),
      ),
    ],
  },
  {
    name: 'what is refused or replayed leaves no entry',
    records: [record(5, 0)],
    steps: [
      reserve(1, {}, now(5, 1), { idempotencyKey: 'k' }),
      reserve(1, {}, now(5, 1), { idempotencyKey: 'k', replayed: true }),
      call(
        'Reserve',
        { id: ID, qty: 9 },
        {
          reason: 'INSUFFICIENT_STOCK',
          message: 'Cannot reserve 9 units. Only 4 units are currently available.',
          metadata: { requested: '9', available: '4' },
        },
      ),
      list(
        { inventoryId: ID },
        onlyPage(
          entry(ID, ['RESERVED', -1, null, null, 'tester']),
          entry(ID, ['RECEIVED', 5, null, 'initial stock', 'system']),
        ),
      ),
    ],
  },
  {
    name: 'a draw without a reference is an entry for each hold that it draws on',
    records: [record(50, 2)],
    steps: [
      reserve(3, { reference: 'A' }, now(50, 5)),
      reserve(4, { reference: 'B' }, now(50, 9)),
      call('Confirm', { id: ID, qty: 6, notes: 'parcel' }, now(44, 3)),
      release(2, {}, now(44, 1)),
      list(
        { action: 'SOLD' },
        onlyPage(
          ...entries(
            ID,
            ['SOLD', -1, 'B', 'parcel', 'tester', [44, 3]],
            ['SOLD', -3, 'A', 'parcel', 'tester', [45, 4]],
            ['SOLD', -2, null, 'parcel', 'tester', [48, 7]],
          ),
        ),
      ),
      list({ action: 'RELEASED' }, onlyPage(entry(ID, ['RELEASED', 2, 'B', null, 'tester', [44, 1]]))),
      list(
        { reference: 'A' },
        onlyPage(
          ...entries(
            ID,
            ['SOLD', -3, 'A', 'parcel', 'tester', [45, 4]],
            ['RESERVED', -3, 'A', null, 'tester', [50, 5]],
          ),
        ),
      ),
      call('GetOrder', { reference: 'A' }, orderWith('A', 'CONFIRMED', [orderLine(ID, 0, { confirmed: 3 })])),
      call(
        'GetOrder',
        { reference: 'B' },
        orderWith('B', 'HELD', [orderLine(ID, 1, { confirmed: 1, released: 2 })], hold(1, 'B')),
      ),
    ],
    holds: { [ID]: { B: 1 } },
  },
  {
    name: 'by time: from an instant on, and before one',
    ...busy,
    steps: [
      ...busy.steps,
      list(
        { from: '2001-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', reference: 'A' },
        onlyPage(confirmed, reservedA),
        {
          bind: { last: 'content.0.logDate' },
        },
      ),
      list({ from: '2100-01-01T00:00:00Z' }, onlyPage()),
      list({ to: '2001-01-01T00:00:00+01:00' }, onlyPage()),
      // Answers have milliseconds, though the log is more exact.
      list({ from: new Bound('last'), reference: 'A', action: 'SOLD' }, onlyPage(confirmed)),
      list({ to: new Bound('last'), reference: 'A', action: 'SOLD' }, onlyPage()),
    ],
  },
  {
    name: 'an expiry is an entry by the system',
    records: [record(50, 0)],
    steps: [
      reserve(3, { reference: 'A', ttlSeconds: HOUR }, now(50, 3, ID, { expiresAt: inSeconds(HOUR) })),
      pass(HOUR),
      reserve(1, {}, now(50, 1)),
      list(
        {},
        onlyPage(
          ...entries(
            ID,
            ['RESERVED', -1, null, null, 'tester'],
            ['RELEASED', 3, 'A', 'expired', 'system'],
            ['RESERVED', -3, 'A', null, 'tester'],
            seeded,
          ),
        ),
      ),
    ],
  },
  {
    name: 'by record, reference and action, and by all of them',
    ...busy,
    steps: [
      ...busy.steps,
      list({ inventoryId: ID }, onlyPage(confirmed, reservedA, entry(ID, seededHold), entry(ID, seeded))),
      list({ inventoryId: 'inv_b' }, onlyPage(reservedB, entry('inv_b', seeded))),
      list({ inventoryId: 'inv_none' }, onlyPage()),
      list({ reference: 'A' }, onlyPage(confirmed, reservedA)),
      list({ reference: 'a' }, onlyPage()),
      list({ action: 'RESERVED' }, onlyPage(reservedB, reservedA, entry(ID, seededHold))),
      list({ action: 'SOLD' }, onlyPage(confirmed)),
      list({ action: 'DAMAGED' }, onlyPage()),
      list({ inventoryId: ID, action: 'RESERVED' }, onlyPage(reservedA, entry(ID, seededHold))),
      list({ reference: 'A', action: 'RESERVED' }, onlyPage(reservedA)),
      list({ inventoryId: 'inv_b', reference: 'A' }, onlyPage()),
      list({ inventoryId: ID, reference: 'A', action: 'SOLD' }, onlyPage(confirmed)),
      // An empty filter matches everything.
      list({ inventoryId: 'inv_b', reference: '' }, onlyPage(reservedB, entry('inv_b', seeded))),
      list({}, onlyPage(), { caller: 'stranger' }),
      list({ inventoryId: ID }, onlyPage(), { caller: 'stranger' }),
    ],
  },
  {
    name: 'by number of page',
    ...busy,
    steps: [
      ...busy.steps,
      list({ reference: 'A', limit: 1 }, page([confirmed], 0, 1, 2, token)),
      list({ reference: 'A', limit: 1, page: 1 }, page([reservedA], 1, 1, 2, '')),
      list({ reference: 'A', limit: 1, page: 2 }, page([], 2, 1, 2, '')),
      list({ limit: 2, page: 0 }, page([confirmed, reservedB], 0, 2, 6, token)),
    ],
  },
  {
    name: 'by token, whatever is added meanwhile',
    ...busy,
    steps: [
      ...busy.steps,
      list({ limit: 2 }, page([confirmed, reservedB], 0, 2, 6, token), bindNext),
      confirm(1, { reference: 'A' }, now(48, 5)),
      list({ limit: 1, pageToken: next }, page([reservedA], 1, 1, 6, token), bindNext),
      list(
        { limit: 200, pageToken: next },
        {
          data: {
            content: [entry(ID, seededHold), expect.anything(), expect.anything()],
            page: 2,
            limit: 200,
            totalElements: 6,
            nextPageToken: '',
          },
        },
      ),
    ],
  },
  {
    name: 'a token keeps to its filters',
    ...busy,
    steps: [
      ...busy.steps,
      list({ inventoryId: ID, limit: 1 }, page([confirmed], 0, 1, 4, token), bindNext),
      list({ inventoryId: ID, limit: 1, pageToken: next }, page([reservedA], 1, 1, 4, token)),
      list(
        { inventoryId: 'inv_b', pageToken: next },
        {
          reason: 'VALIDATION_FAILED',
          message: 'Validation error',
          violations: { pageToken: 'must be the nextPageToken of an answer to the same request' },
        },
      ),
    ],
  },
];

function page(
  content: unknown[],
  page: number,
  limit: number,
  totalElements: number,
  nextPageToken: unknown,
) {
  return ok({ content, page, limit, totalElements, nextPageToken });
}
