import type { JsonRequest, Rpc } from '../../support/doors.js';
import type { Scenario } from '../scenario.js';
import { call, ID, invalid, keyRule, notFound, now, qtyRule, record, reserve } from './words.js';

const atLeast = (n: number): string => `must be greater than or equal to ${n}`;
const between = (from: number, to: number): string => `${atLeast(from)} and less than or equal to ${to}`;

const idPattern = 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -';
const filterPattern = 'must be at most 64 characters of A-Z a-z 0-9 . _ -';
const nulPattern = 'must not contain the character U+0000';
const tokenPattern = 'must be printable ASCII without spaces';
const longText = (characters: number): string => 'x'.repeat(characters + 1);
const atMost = (characters: number): string => `must be at most ${characters} characters`;
const required = 'is required';
const notZero = 'is required, and must not be 0';
const anAdjustment = 'must be one of RECEIVED, SOLD, ADJUSTED, DAMAGED, RETURNED';
const notEmpty = 'must not be empty';
const bothTerms = { openEnded: 'cannot be combined with ttlSeconds' };
const ttlRule = { ttlSeconds: between(1, 2592000) };
const pageRules: readonly Rule[] = [
  [{ page: -1 }, { page: atLeast(0) }],
  [{ limit: 0 }, { limit: between(1, 200) }],
  [{ limit: -1 }, { limit: between(1, 200) }],
  [{ limit: 201 }, { limit: between(1, 200) }],
  [{ pageToken: longText(1024) }, { pageToken: atMost(1024) }],
  [{ pageToken: 'ü' }, { pageToken: tokenPattern }],
];

/** A change to a good request, and the violations that it then has. */
type Rule = readonly [change: JsonRequest, violations: Record<string, string>];

const idRules: readonly Rule[] = [
  [{ id: 'x'.repeat(65) }, { id: idPattern }],
  [{ id: 'inv xyz' }, { id: idPattern }],
  [{ id: 'inv/xyz' }, { id: idPattern }],
  [{ id: 'ïnv' }, { id: idPattern }],
];
const qtyRules: readonly Rule[] = [
  [{ qty: undefined }, qtyRule],
  [{ qty: 0 }, qtyRule],
  [{ qty: -1 }, qtyRule],
  [{ qty: -2147483648 }, qtyRule],
];
const notesRules: readonly Rule[] = [
  [{ notes: longText(1024) }, { notes: atMost(1024) }],
  [{ notes: '\0' }, { notes: nulPattern }],
];
const referenceRules: readonly Rule[] = [
  [{ reference: longText(128) }, { reference: atMost(128) }],
  [{ reference: 'a\0b' }, { reference: nulPattern }],
];
const ttlRules: readonly Rule[] = [
  [{ ttlSeconds: 0 }, ttlRule],
  [{ ttlSeconds: -1 }, ttlRule],
  [{ ttlSeconds: 2592001 }, ttlRule],
];
const textRules = (field: string, characters: number): Rule[] => [
  [{ [field]: longText(characters) }, { [field]: atMost(characters) }],
  [{ [field]: 'a\0b' }, { [field]: nulPattern }],
];
const nameRules = (field: string): Rule[] => [
  [{ [field]: '' }, { [field]: notEmpty }],
  ...textRules(field, 128),
];
const sizeRules = (field: string): Rule[] => [
  [{ [field]: -1 }, { [field]: atLeast(0) }],
  [{ [field]: -2147483648 }, { [field]: atLeast(0) }],
];
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`name-${i}`, 'value']));
const attributeRules: readonly Rule[] = [
  [{ variantAttributes: attributes(51) }, { variantAttributes: 'must have at most 50 entries' }],
  [{ variantAttributes: { '': 'x' } }, { 'variantAttributes[""]': notEmpty }],
  [{ variantAttributes: { [longText(64)]: 'x' } }, { [`variantAttributes["${longText(64)}"]`]: atMost(64) }],
  [{ variantAttributes: { colour: longText(256) } }, { 'variantAttributes["colour"]': atMost(256) }],
  [{ variantAttributes: { colour: '\0' } }, { 'variantAttributes["colour"]': nulPattern }],
];

const descriptionRules: readonly Rule[] = [
  ...textRules('warehouseName', 256),
  ...textRules('location', 256),
  ...sizeRules('reorderLevel'),
  ...sizeRules('reorderQty'),
  ...attributeRules,
];
const inDetails = ([change, violations]: Rule): Rule => [
  { details: change },
  Object.fromEntries(Object.entries(violations).map(([field, rule]) => [`details.${field}`, rule])),
];
const inLineOf =
  (line: object) =>
  ([change, violations]: Rule): Rule => [
    { lines: [{ ...line }, { ...line, ...change }] },
    Object.fromEntries(Object.entries(violations).map(([field, rule]) => [`lines[1].${field}`, rule])),
  ];
const orderLine = { id: ID, qty: 1 };
const oneOfThree = 'must name exactly one of id, skuId, productId';
/** Rules of lines that may name a SKU or a product instead of a record. */
const sourceRules: readonly Rule[] = [
  [{ lines: [{}] }, { 'lines[0]': oneOfThree, 'lines[0].qty': qtyRule.qty }],
  [{ lines: [{ id: ID, skuId: 's', qty: 1 }] }, { 'lines[0]': oneOfThree }],
  [{ lines: [{ skuId: 's', productId: 'p', qty: 1 }] }, { 'lines[0]': oneOfThree }],
  [{ lines: [{ id: ID, qty: 1, split: true }] }, { 'lines[0].split': 'needs skuId or productId' }],
  [
    { lines: [{ id: ID, qty: 1, warehouseIds: ['w'] }] },
    { 'lines[0].warehouseIds': 'needs skuId or productId' },
  ],
  [
    { lines: [{ skuId: 's', qty: 1, warehouseIds: Array(51).fill('w') }] },
    { 'lines[0].warehouseIds': 'must contain no more than 50 item(s)' },
  ],
  [{ lines: [{ skuId: 's', qty: 1, warehouseIds: [''] }] }, { 'lines[0].warehouseIds[0]': notEmpty }],
  [{ lines: [{ skuId: '', qty: 1 }] }, { 'lines[0].skuId': notEmpty }],
  [{ lines: [{ productId: longText(128), qty: 1 }] }, { 'lines[0].productId': atMost(128) }],
];
const line = { ...orderLine, action: 'RECEIVED' };

const onHold = { id: ID, qty: 1 };
const adjustment: readonly Rule[] = [
  [{ qty: 0 }, { qty: notZero }],
  [{ qty: undefined }, { qty: notZero }],
  [{ action: undefined }, { action: anAdjustment }],
  [{ action: 'ACTION_UNSPECIFIED' }, { action: anAdjustment }],
  // The log has this action, but an adjustment cannot have it.
  [{ action: 'RESERVED' }, { action: anAdjustment }],
  [{ action: 99 }, { action: anAdjustment }],
  [{ expectedOnHandQty: -1 }, { expectedOnHandQty: atLeast(0) }],
  ...referenceRules,
  ...notesRules,
  [
    { qty: 0, action: undefined, expectedOnHandQty: -1 },
    { qty: notZero, action: anAdjustment, expectedOnHandQty: atLeast(0) },
  ],
];

const noTerm = { ttlSeconds: 'is required, unless openEnded is true' };

const unitsRules: readonly Rule[] = [
  ...[...idRules, ...qtyRules].map(inLineOf(orderLine)),
  [{ lines: [{}] }, { 'lines[0].id': idPattern, 'lines[0].qty': qtyRule.qty }],
  [{ lines: Array(501).fill({ id: ID, qty: 1 }) }, { lines: 'must contain no more than 500 item(s)' }],
];

/** A good request of each RPC, and every way to spoil one of its fields. */
const rules: readonly (readonly [Rpc, JsonRequest, readonly Rule[]])[] = [
  [
    'Reserve',
    onHold,
    [
      ...idRules,
      ...qtyRules,
      ...referenceRules,
      ...notesRules,
      ...ttlRules.map(([change, violations]): Rule => [{ ...change, reference: 'A' }, violations]),
      [{ ttlSeconds: 60 }, { ttlSeconds: 'needs a reference' }],
      [{ ttlSeconds: 60, reference: '' }, { ttlSeconds: 'needs a reference' }],
      [{ ttlSeconds: 60, reference: 'A', openEnded: true }, bothTerms],
    ],
  ],
  ['Release', onHold, [...idRules, ...qtyRules, ...referenceRules, ...notesRules]],
  ['Confirm', onHold, [...idRules, ...qtyRules, ...referenceRules, ...notesRules]],
  [
    'SetHold',
    { ...onHold, reference: 'A' },
    [
      ...idRules,
      ...referenceRules,
      ...notesRules,
      ...ttlRules,
      [{ qty: undefined }, { qty: required }],
      [{ qty: -1 }, { qty: atLeast(0) }],
      [{ ttlSeconds: 60, openEnded: true }, bothTerms],
    ],
  ],
  [
    'ListOrders',
    {},
    [
      [{ limit: 0 }, { limit: between(1, 200) }],
      [{ limit: 201 }, { limit: between(1, 200) }],
      [{ pageToken: longText(1024) }, { pageToken: atMost(1024) }],
      [{ pageToken: 'ü' }, { pageToken: tokenPattern }],
    ],
  ],
  [
    'ListHolds',
    { id: ID },
    [
      ...idRules,
      [{ limit: 0 }, { limit: between(1, 1000) }],
      [{ limit: 1001 }, { limit: between(1, 1000) }],
      [{ pageToken: longText(1024) }, { pageToken: atMost(1024) }],
      [{ pageToken: 'ü' }, { pageToken: tokenPattern }],
    ],
  ],
  [
    'ReserveOrder',
    { reference: 'A', lines: [{ id: ID, qty: 1 }] },
    [
      ...referenceRules,
      [{ lines: [] }, { lines: 'must contain at least 1 item(s)' }],
      [{ lines: undefined }, { lines: 'must contain at least 1 item(s)' }],
      [{ lines: Array(501).fill({ id: ID, qty: 1 }) }, { lines: 'must contain no more than 500 item(s)' }],
      ...[...idRules, ...qtyRules].map(inLineOf(orderLine)),
      ...sourceRules,
      ...ttlRules,
      [{ ttlSeconds: 60, openEnded: true }, bothTerms],
      ...notesRules,
    ],
  ],
  [
    'SetOrder',
    { reference: 'A', lines: [{ id: ID, qty: 1 }] },
    [
      ...referenceRules,
      [{ lines: Array(501).fill({ id: ID, qty: 1 }) }, { lines: 'must contain no more than 500 item(s)' }],
      ...[...idRules, ...qtyRules].map(inLineOf(orderLine)),
      ...sourceRules,
      ...ttlRules,
      ...notesRules,
      [{ ttlSeconds: 60, openEnded: true }, bothTerms],
    ],
  ],
  ['ReleaseOrder', { reference: 'A' }, [...referenceRules, ...notesRules, ...unitsRules]],
  ['ConfirmOrder', { reference: 'A' }, [...referenceRules, ...notesRules, ...unitsRules]],
  [
    'ExtendOrder',
    { reference: 'A', ttlSeconds: 60 },
    [
      ...referenceRules,
      ...ttlRules,
      [{ ttlSeconds: undefined }, noTerm],
      [{ ttlSeconds: undefined, openEnded: false }, noTerm],
      [{ openEnded: true }, bothTerms],
      [{ lines: [{ id: 'a b' }] }, { 'lines[0].id': idPattern }],
      [{ lines: Array(501).fill({ id: ID }) }, { lines: 'must contain no more than 500 item(s)' }],
    ],
  ],
  [
    'MoveOrder',
    { reference: 'A', toReference: 'B' },
    [
      ...referenceRules,
      ...notesRules,
      ...ttlRules,
      ...unitsRules,
      [{ ttlSeconds: 60, openEnded: true }, bothTerms],
      [{ toReference: 'A' }, { toReference: 'must be another order' }],
      [{ toReference: undefined }, { toReference: notEmpty }],
      ...nameRules('toReference'),
    ],
  ],
  ['GetOrder', { reference: 'A' }, referenceRules],
  [
    'CreateInventory',
    { productId: 'p', warehouseId: 'w', initialQty: 1 },
    [
      [{ productId: undefined }, { productId: notEmpty }],
      ...nameRules('productId'),
      ...nameRules('skuId'),
      [{ warehouseId: undefined }, { warehouseId: notEmpty }],
      ...nameRules('warehouseId'),
      [{ initialQty: undefined }, { initialQty: required }],
      ...descriptionRules,
    ],
  ],
  ['GetInventory', { id: ID }, idRules],
  ['ListInventory', {}, pageRules],
  ['ListInventoryByProduct', { productId: 'p' }, textRules('productId', 128)],
  ['ListInventoryBySku', { skuId: 's' }, textRules('skuId', 128)],
  [
    'ListLowStock',
    {},
    [
      [{ limit: 0 }, { limit: between(1, 1000) }],
      [{ limit: 1001 }, { limit: between(1, 1000) }],
      [{ afterId: 'a b' }, { afterId: filterPattern }],
      [{ afterId: longText(64) }, { afterId: filterPattern }],
    ],
  ],
  [
    'UpdateInventory',
    { id: ID, details: { location: 'here' } },
    [...idRules, ...descriptionRules.map(inDetails)],
  ],
  ['Adjust', { ...line }, [...idRules, ...adjustment]],
  [
    'BatchAdjust',
    { lines: [line] },
    [
      [{ lines: [] }, { lines: 'must contain at least 1 item(s)' }],
      [{ lines: Array(1001).fill(line) }, { lines: 'must contain no more than 1000 item(s)' }],
      ...[...idRules, ...adjustment].map(inLineOf(line)),
    ],
  ],
  [
    'ListLogs',
    {},
    [
      ...pageRules,
      [{ inventoryId: 'a b' }, { inventoryId: filterPattern }],
      [{ inventoryId: longText(64) }, { inventoryId: filterPattern }],
      ...referenceRules,
      [
        { action: 99 },
        { action: 'must be one of RECEIVED, SOLD, ADJUSTED, DAMAGED, RETURNED, RESERVED, RELEASED, MOVED' },
      ],
    ],
  ],
  [
    'UpdateSettings',
    { defaultTtlSeconds: 60 },
    [
      [{ defaultTtlSeconds: -1 }, { defaultTtlSeconds: between(0, 2592000) }],
      [{ defaultTtlSeconds: 2592001 }, { defaultTtlSeconds: between(0, 2592000) }],
    ],
  ],
];

export const validation: readonly Scenario[] = [
  ...rules.map(
    ([rpc, good, spoilt]): Scenario => ({
      name: `each rule of a field: ${rpc}`,
      records: [record(50, 5)],
      steps: spoilt.map(([change, violations]) => call(rpc, { ...good, ...change }, invalid(violations))),
      holds: { [ID]: { '': 5 } },
      log: {},
    }),
  ),
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
      // Limits count characters, not bytes or UTF-16 units.
      reserve(
        1,
        { id: 'A.b_c-9', reference: '🧾'.repeat(128), notes: '—'.repeat(1024) },
        now(9, 2, 'A.b_c-9'),
      ),
    ],
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
];
