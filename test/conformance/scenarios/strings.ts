import { expect } from 'vitest';
import type { Expected } from '../contract.js';
import type { Scenario } from '../scenario.js';
import { ID, noReserved, now, record, release, reserve } from './words.js';

const BOM = '\ufeff';

/** The protobuf client of these tests drops a byte order mark at the start of a text that it reads. */
const noneUnder = (qty: number, reference: string): Expected => ({
  ...noReserved(
    qty,
    0,
    `Cannot release ${qty} units. Only 0 units are currently reserved for ${reference}.`,
    reference,
  ),
  metadata: expect.objectContaining({ requested: `${qty}`, reserved: '0' }),
});

const lookalikes = [
  'é',
  'e\u0301',
  'A',
  'A ',
  ' A',
  'A\u00a0',
  'A\u200b',
  '\u0410',
  '\u2028',
  '\u{1f4e6}',
  '\ufffd',
];

/** Texts stay as they were sent, at every door: no character is dropped or replaced. */
export const strings: readonly Scenario[] = [
  {
    name: 'a byte order mark is a character: a reference of nothing else is not the empty one',
    records: [record(50, 0)],
    steps: [
      reserve(5, { reference: 'ORD-1' }, now(50, 5)),
      release(3, { reference: BOM }, noneUnder(3, BOM)),
      reserve(2, { reference: BOM }, now(50, 7)),
      release(2, { reference: BOM }, now(50, 5)),
      reserve(4, { reference: `${BOM}ORD-1` }, now(50, 9)),
      release(5, { reference: 'ORD-1' }, now(50, 4)),
      reserve(1, { reference: `${BOM}${BOM}ORD-1`, notes: BOM }, now(50, 5)),
      release(3, { reference: `${BOM}ORD-1` }, now(50, 2)),
    ],
    holds: { [ID]: { [`${BOM}ORD-1`]: 1, [`${BOM}${BOM}ORD-1`]: 1 } },
  },
  {
    name: 'texts that look alike are different: compositions, blanks, what has no width',
    records: [record(50, 0)],
    steps: lookalikes.map((reference, i) => reserve(1, { reference }, now(50, i + 1))),
    holds: {
      [ID]: Object.fromEntries(lookalikes.map((reference) => [reference, 1])),
    },
  },
];
