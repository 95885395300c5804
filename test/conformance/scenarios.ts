import type { SeedRecord } from '../../src/store/seed.js';
import type { Rpc } from '../support/doors.js';
import type { Expected } from './contract.js';

/** One call and what it comes to. */
export interface Step {
  readonly rpc: Rpc;
  readonly request: { id: string; qty?: number; reference?: string; notes?: string };
  readonly expected: Expected;
  readonly idempotencyKey?: string;
  readonly replayed?: boolean;
  /** Whose credentials; `ours` unless said. */
  readonly caller?: 'ours' | 'stranger';
}

export interface Scenario {
  readonly name: string;
  readonly records: readonly SeedRecord[];
  readonly steps: readonly Step[];
  /** Holds at the end: record → reference → units; '' for unreferenced. */
  readonly holds?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Lines that the calls added to the movement log, oldest first: action, units, reference, notes, actor. */
  readonly log?: readonly (readonly [string, number, string | null, string | null, string])[];
}

const ID = 'inv_xyz789';
const ORDER = 'ORD-20241201-0099';

type Texts = { reference?: string; notes?: string; id?: string };
type Extras = Pick<Step, 'idempotencyKey' | 'replayed' | 'caller'>;

const step =
  (rpc: Rpc) =>
  (qty: number, texts: Texts, expected: Expected, extras: Extras = {}): Step => ({
    rpc,
    request: { id: ID, qty, ...texts },
    expected,
    ...extras,
  });
const reserve = step('Reserve');
const release = step('Release');

const record = (onHandQty: number, reservedQty: number, id = ID): SeedRecord => ({
  id,
  onHandQty,
  reservedQty,
});

const now = (onHandQty: number, reservedQty: number, id = ID): Expected => ({
  data: { id, onHandQty, reservedQty, availableQty: onHandQty - reservedQty },
});

const noStock = (requested: number, available: number, message: string): Expected => ({
  reason: 'INSUFFICIENT_STOCK',
  message,
  metadata: { requested: `${requested}`, available: `${available}` },
});
const noReserved = (requested: number, reserved: number, message: string, reference?: string): Expected => ({
  reason: 'INSUFFICIENT_RESERVED',
  message,
  metadata: {
    requested: `${requested}`,
    reserved: `${reserved}`,
    ...(reference === undefined ? {} : { reference }),
  },
});
const invalid = (violations: Record<string, string>): Expected => ({
  reason: 'VALIDATION_FAILED',
  message: 'Validation error',
  violations,
});
const notFound: Expected = { reason: 'INVENTORY_NOT_FOUND', message: 'Inventory record not found.' };
const keyReused: Expected = {
  reason: 'IDEMPOTENCY_KEY_REUSED',
  message: 'Idempotency-Key was already used with a different request.',
};

const qtyRule = { qty: 'must be greater than 0' };
const idPattern = 'does not match regex pattern `^[A-Za-z0-9._-]{1,64}$`';
const nulPattern = 'does not match regex pattern `^[^\\x00]*$`';
const keyRule = { 'Idempotency-Key': 'must be 1 to 255 printable ASCII characters' };

const QTY_MAX = 2147483647;

export const scenarios: readonly Scenario[] = [
  {
    name: 'the published samples, to the letter',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: ORDER, notes: 'Reserved for customer checkout' }, now(50, 7)),
      release(2, { reference: ORDER, notes: 'Order cancelled — releasing hold' }, now(50, 5)),
    ],
    holds: { [ID]: { '': 5 } },
    log: [
      ['RESERVED', 2, ORDER, 'Reserved for customer checkout', 'tester'],
      ['RELEASED', -2, ORDER, 'Order cancelled — releasing hold', 'tester'],
    ],
  },
  {
    name: 'the published error, and nothing changes',
    records: [record(8, 5)],
    steps: [
      reserve(5, {}, noStock(5, 3, 'Cannot reserve 5 units. Only 3 units are currently available.')),
      reserve(3, {}, now(8, 8)),
    ],
    holds: { [ID]: { '': 8 } },
    log: [['RESERVED', 3, null, null, 'tester']],
  },
  {
    name: 'a reserve takes all that is available, and not one more',
    records: [record(3, 0)],
    steps: [
      reserve(4, {}, noStock(4, 3, 'Cannot reserve 4 units. Only 3 units are currently available.')),
      reserve(3, { reference: 'A' }, now(3, 3)),
      reserve(1, {}, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
    ],
    holds: { [ID]: { A: 3 } },
  },
  {
    name: 'one unit is singular, on either side of the message',
    records: [record(10, 9)],
    steps: [
      reserve(2, {}, noStock(2, 1, 'Cannot reserve 2 units. Only 1 unit is currently available.')),
      reserve(1, { reference: 'A' }, now(10, 10)),
      reserve(1, {}, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      release(
        2,
        { reference: 'A' },
        noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved for A.', 'A'),
      ),
      release(
        1,
        { reference: 'B' },
        noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved for B.', 'B'),
      ),
    ],
    holds: { [ID]: { '': 9, A: 1 } },
  },
  {
    name: 'too few reserved, without a reference',
    records: [record(50, 3)],
    steps: [
      release(5, {}, noReserved(5, 3, 'Cannot release 5 units. Only 3 units are currently reserved.')),
      release(2, {}, now(50, 1)),
      release(2, {}, noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved.')),
      release(1, {}, now(50, 0)),
      release(1, {}, noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved.')),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'too few held under the reference, whatever else is reserved',
    records: [record(50, 5)],
    steps: [
      reserve(3, { reference: ORDER }, now(50, 8)),
      release(
        5,
        { reference: ORDER },
        noReserved(5, 3, `Cannot release 5 units. Only 3 units are currently reserved for ${ORDER}.`, ORDER),
      ),
    ],
    holds: { [ID]: { '': 5, [ORDER]: 3 } },
  },
  {
    name: 'releasing an order twice frees nobody else’s units',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: 'A' }, now(50, 7)),
      reserve(2, { reference: 'B' }, now(50, 9)),
      release(2, { reference: 'A' }, now(50, 7)),
      release(
        2,
        { reference: 'A' },
        noReserved(2, 0, 'Cannot release 2 units. Only 0 units are currently reserved for A.', 'A'),
      ),
    ],
    holds: { [ID]: { '': 5, B: 2 } },
  },
  {
    name: 'reserves under one reference add up in one hold',
    records: [record(20, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(20, 2)),
      reserve(3, { reference: 'B' }, now(20, 5)),
      reserve(4, { reference: 'A' }, now(20, 9)),
      release(5, { reference: 'A' }, now(20, 4)),
    ],
    holds: { [ID]: { A: 1, B: 3 } },
  },
  {
    name: 'references are told apart by case, spaces and accents',
    records: [record(20, 0)],
    steps: [
      reserve(1, { reference: 'ord' }, now(20, 1)),
      reserve(1, { reference: 'ORD' }, now(20, 2)),
      reserve(1, { reference: 'ord ' }, now(20, 3)),
      reserve(1, { reference: 'órd' }, now(20, 4)),
      reserve(1, { reference: '订单🧾' }, now(20, 5)),
      release(1, { reference: '订单🧾' }, now(20, 4)),
      release(
        2,
        { reference: 'ord' },
        noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved for ord.', 'ord'),
      ),
    ],
    holds: { [ID]: { ord: 1, ORD: 1, 'ord ': 1, órd: 1 } },
  },
  {
    name: 'a message repeats a reference as it was given',
    records: [record(1, 0)],
    steps: [
      `a b,c;d:e/f?g@h&i=j+k$l#m%n"o'p<q>r\\s^t\`u{v|w}x~y!z*(0)`,
      '100%25 of %2C',
      'órd-订单🧾',
      ' a  b ',
      'a\r\nx-injected: 1\tb',
    ].map((reference) =>
      release(
        2,
        { reference },
        noReserved(
          2,
          0,
          `Cannot release 2 units. Only 0 units are currently reserved for ${reference}.`,
          reference,
        ),
      ),
    ),
  },
  {
    name: 'a release without a reference draws on unreferenced units first',
    records: [record(50, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(50, 2)),
      reserve(3, {}, now(50, 5)),
      release(3, {}, now(50, 2)),
    ],
    holds: { [ID]: { A: 2 } },
  },
  {
    name: 'then on the oldest holds, in part if need be',
    records: [record(50, 1)],
    steps: [
      reserve(2, { reference: 'first' }, now(50, 3)),
      reserve(2, { reference: 'second' }, now(50, 5)),
      reserve(2, { reference: 'third' }, now(50, 7)),
      // Adding to a hold does not make it younger.
      reserve(1, { reference: 'first' }, now(50, 8)),
      release(5, {}, now(50, 3)),
    ],
    holds: { [ID]: { second: 1, third: 2 } },
  },
  {
    name: 'a hold that ended and begins again is a young one',
    records: [record(50, 0)],
    steps: [
      reserve(1, { reference: 'A' }, now(50, 1)),
      reserve(1, { reference: 'B' }, now(50, 2)),
      release(1, { reference: 'A' }, now(50, 1)),
      reserve(1, { reference: 'A' }, now(50, 2)),
      release(1, {}, now(50, 1)),
    ],
    holds: { [ID]: { A: 1 } },
  },
  {
    name: 'an empty reference is none',
    records: [record(50, 0)],
    steps: [reserve(2, { reference: '' }, now(50, 2)), release(1, { reference: '' }, now(50, 1))],
    holds: { [ID]: { '': 1 } },
    log: [
      ['RESERVED', 2, null, null, 'tester'],
      ['RELEASED', -1, null, null, 'tester'],
    ],
  },
  {
    name: 'zero is written out',
    records: [record(2, 2), record(2, 0, 'inv_full')],
    steps: [release(2, {}, now(2, 0)), reserve(2, { id: 'inv_full' }, now(2, 2, 'inv_full'))],
  },
  {
    name: 'quantities reach the end of int32',
    records: [record(QTY_MAX, 0)],
    steps: [
      reserve(QTY_MAX, { reference: 'A' }, now(QTY_MAX, QTY_MAX)),
      release(QTY_MAX, {}, now(QTY_MAX, 0)),
      release(
        QTY_MAX,
        {},
        noReserved(QTY_MAX, 0, 'Cannot release 2147483647 units. Only 0 units are currently reserved.'),
      ),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'records do not mix',
    records: [record(5, 0), record(5, 0, 'inv_other')],
    steps: [
      reserve(5, { reference: 'A' }, now(5, 5)),
      release(
        1,
        { id: 'inv_other', reference: 'A' },
        noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved for A.', 'A'),
      ),
      reserve(2, { id: 'inv_other', reference: 'A' }, now(5, 2, 'inv_other')),
    ],
    holds: { [ID]: { A: 5 }, inv_other: { A: 2 } },
  },
  {
    name: 'a record that does not exist',
    records: [],
    steps: [reserve(1, {}, notFound), release(1, {}, notFound), release(1, { reference: 'A' }, notFound)],
  },
  {
    name: 'a record of another merchant is not found, like one that does not exist',
    records: [record(50, 5)],
    steps: [
      reserve(1, {}, notFound, { caller: 'stranger' }),
      release(1, {}, notFound, { caller: 'stranger' }),
      reserve(100, {}, notFound, { caller: 'stranger' }),
    ],
    holds: { [ID]: { '': 5 } },
    log: [],
  },
  {
    name: 'ids and texts at the end of their bounds',
    records: [record(9, 0, 'x'.repeat(64)), record(9, 0, 'A.b_c-9')],
    steps: [
      reserve(1, { id: 'x'.repeat(64) }, now(9, 1, 'x'.repeat(64))),
      reserve(
        1,
        { id: 'A.b_c-9', reference: 'r'.repeat(128), notes: 'n'.repeat(1024) },
        now(9, 1, 'A.b_c-9'),
      ),
      // Characters, not bytes or UTF-16 units.
      reserve(
        1,
        { id: 'A.b_c-9', reference: '🧾'.repeat(128), notes: '—'.repeat(1024) },
        now(9, 2, 'A.b_c-9'),
      ),
    ],
  },
  {
    name: 'each rule of a field',
    records: [record(50, 5)],
    steps: [
      { rpc: 'Reserve', request: { id: ID }, expected: invalid(qtyRule) },
      { rpc: 'Release', request: { id: ID }, expected: invalid(qtyRule) },
      reserve(0, {}, invalid(qtyRule)),
      reserve(-1, {}, invalid(qtyRule)),
      release(0, {}, invalid(qtyRule)),
      release(-2147483648, {}, invalid(qtyRule)),
      reserve(1, { id: 'x'.repeat(65) }, invalid({ id: idPattern })),
      reserve(1, { id: 'inv xyz' }, invalid({ id: idPattern })),
      reserve(1, { id: 'inv/xyz' }, invalid({ id: idPattern })),
      release(1, { id: 'ïnv' }, invalid({ id: idPattern })),
      reserve(1, { reference: 'r'.repeat(129) }, invalid({ reference: 'must be at most 128 characters' })),
      release(1, { reference: 'r'.repeat(129) }, invalid({ reference: 'must be at most 128 characters' })),
      reserve(1, { notes: 'n'.repeat(1025) }, invalid({ notes: 'must be at most 1024 characters' })),
      release(1, { notes: 'n'.repeat(1025) }, invalid({ notes: 'must be at most 1024 characters' })),
      reserve(1, { reference: 'a\0b' }, invalid({ reference: nulPattern })),
      reserve(1, { notes: '\0' }, invalid({ notes: nulPattern })),
    ],
    holds: { [ID]: { '': 5 } },
    log: [],
  },
  {
    name: 'all faults of a request are told at once',
    records: [],
    steps: [
      reserve(
        0,
        { id: 'a b', reference: 'r'.repeat(129), notes: 'n'.repeat(1025) },
        invalid({
          ...qtyRule,
          id: idPattern,
          reference: 'must be at most 128 characters',
          notes: 'must be at most 1024 characters',
        }),
      ),
      reserve(0, {}, invalid({ ...qtyRule, ...keyRule }), { idempotencyKey: 'k'.repeat(256) }),
    ],
  },
  {
    name: 'shape is checked before existence',
    records: [],
    steps: [reserve(0, {}, invalid(qtyRule)), reserve(1, {}, notFound)],
  },
  {
    name: 'without a key each call counts anew',
    records: [record(10, 0)],
    steps: [reserve(2, { reference: 'A' }, now(10, 2)), reserve(2, { reference: 'A' }, now(10, 4))],
    holds: { [ID]: { A: 4 } },
  },
  {
    name: 'a key replays a success, as it was then',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1' }),
      reserve(5, { reference: 'B' }, now(10, 7)),
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1', replayed: true }),
      release(2, { reference: 'A' }, now(10, 5), { idempotencyKey: 'k2' }),
      release(2, { reference: 'A' }, now(10, 5), { idempotencyKey: 'k2', replayed: true }),
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1', replayed: true }),
    ],
    holds: { [ID]: { B: 5 } },
    log: [
      ['RESERVED', 2, 'A', null, 'tester'],
      ['RESERVED', 5, 'B', null, 'tester'],
      ['RELEASED', -2, 'A', null, 'tester'],
    ],
  },
  {
    name: 'a key replays a rejection, as it was then',
    records: [record(10, 8)],
    steps: [
      reserve(5, {}, noStock(5, 2, 'Cannot reserve 5 units. Only 2 units are currently available.'), {
        idempotencyKey: 'k1',
      }),
      release(8, {}, now(10, 0)),
      reserve(5, {}, noStock(5, 2, 'Cannot reserve 5 units. Only 2 units are currently available.'), {
        idempotencyKey: 'k1',
        replayed: true,
      }),
      release(
        3,
        { reference: 'A' },
        noReserved(3, 0, 'Cannot release 3 units. Only 0 units are currently reserved for A.', 'A'),
        { idempotencyKey: 'k2' },
      ),
      reserve(3, { reference: 'A' }, now(10, 3)),
      release(
        3,
        { reference: 'A' },
        noReserved(3, 0, 'Cannot release 3 units. Only 0 units are currently reserved for A.', 'A'),
        { idempotencyKey: 'k2', replayed: true },
      ),
      reserve(1, { id: 'inv_none' }, notFound, { idempotencyKey: 'k3' }),
      reserve(1, { id: 'inv_none' }, notFound, { idempotencyKey: 'k3', replayed: true }),
    ],
    holds: { [ID]: { A: 3 } },
  },
  {
    name: 'a key with another request or method is refused, and the first outcome stays',
    records: [record(50, 5), record(50, 5, 'inv_other')],
    steps: [
      reserve(2, { reference: 'A', notes: 'n' }, now(50, 7), { idempotencyKey: 'k' }),
      reserve(3, { reference: 'A', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'B', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'm' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'n', id: 'inv_other' }, keyReused, { idempotencyKey: 'k' }),
      release(2, { reference: 'A', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'n' }, now(50, 7), { idempotencyKey: 'k', replayed: true }),
    ],
    holds: { [ID]: { '': 5, A: 2 }, inv_other: { '': 5 } },
  },
  {
    name: 'a key belongs to its merchant',
    records: [record(50, 5)],
    steps: [
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k' }),
      reserve(2, {}, notFound, { idempotencyKey: 'k', caller: 'stranger' }),
      release(3, {}, keyReused, { idempotencyKey: 'k', caller: 'stranger' }),
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k', replayed: true }),
    ],
    holds: { [ID]: { '': 7 } },
  },
  {
    name: 'a refused request leaves its key unused',
    records: [record(50, 5)],
    steps: [
      reserve(0, {}, invalid(qtyRule), { idempotencyKey: 'k' }),
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k' }),
    ],
  },
  {
    name: 'keys at the end of their bounds, and beyond',
    records: [record(50, 5)],
    steps: [
      reserve(1, {}, now(50, 6), { idempotencyKey: 'k'.repeat(255) }),
      reserve(1, {}, now(50, 6), { idempotencyKey: 'k'.repeat(255), replayed: true }),
      reserve(1, {}, now(50, 7), { idempotencyKey: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|} ~' }),
      reserve(1, {}, invalid(keyRule), { idempotencyKey: 'k'.repeat(256) }),
      reserve(1, {}, invalid(keyRule), { idempotencyKey: '' }),
    ],
    holds: { [ID]: { '': 7 } },
  },
];
