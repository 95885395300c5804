import { describe, expect, test } from 'vitest';
import { Position } from '../../../../src/service/watch/position.js';

function at(revisions: Readonly<Record<string, number>>): Position {
  const position = new Position();
  for (const [id, revision] of Object.entries(revisions)) position.advance(id, revision);
  return position;
}

// [revisions by record]
test.each([
  [{ a: 0 }],
  [{ a: 1 }],
  [{ inv_xyz789: 35, 'b.-_': 36 }],
  [{ a: Number.MAX_SAFE_INTEGER, b: 2 ** 40 }],
  [Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`record-${i}`, i * 1000]))],
])('%j is read back from what it prints', (revisions: Record<string, number>) => {
  const text = at(revisions).toString();
  const read = Position.parse(text)!;
  for (const [id, revision] of Object.entries(revisions)) expect(read.of(id)).toBe(revision);
  expect(read.of('another')).toBeUndefined();
  expect(read.isOf(Object.keys(revisions))).toBe(true);
  expect(read.toString()).toBe(text);
});

test('100 records of the longest names and revisions fit into what after_id may be, and into a header line', () => {
  const records = Array.from({ length: 100 }, (_, i) => [`${i}`.padStart(64, 'x'), Number.MAX_SAFE_INTEGER]);
  const text = at(Object.fromEntries(records)).toString();
  expect(text.length).toBeLessThanOrEqual(4096);
  expect(text).toMatch(/^[\w.-]+$/);
});

test('moves on', () => {
  const position = at({ a: 1, b: 2 });
  position.advance('a', 7);
  expect([position.of('a'), position.of('b')]).toEqual([7, 2]);
});

// [the records that are watched, whether {a, b} names no others]
test.each([
  [['a', 'b'], true],
  [['a', 'b', 'c'], true],
  [['a'], false],
  [['c'], false],
  [[], false],
])('of %j alone: %j', (ids, expected) => {
  expect(at({ a: 1, b: 2 }).isOf(ids)).toBe(expected);
});

describe('is not an event id', () => {
  const good = at({ a: 5 }).toString();
  // [text, why]
  test.each([
    ['', 'nothing'],
    ['.', 'two names of nothing'],
    [`${good}.`, 'a name of nothing at the end'],
    [`.${good}`, 'a name of nothing at the beginning'],
    [good.slice(0, 8), 'no revision'],
    [good.slice(0, 7), 'a short name'],
    [`${good}.${good}`, 'a record twice'],
    [`${good.slice(0, 8)}Z`, 'a digit in capitals'],
    [`${good.slice(0, 8)}-1`, 'a negative revision'],
    [`${good.slice(0, 8)}2gosa7pa2gw`, 'beyond 2^53 - 1'],
    [`${good.slice(0, 8)}1000000000000`, 'too many digits'],
    [` ${good}`, 'space'],
    [`${good}\n`, 'a line break'],
    [`ä${good.slice(1)}`, 'a letter that no name has'],
    ['null', 'a word'],
    ['__proto__1', 'a short name of JavaScript'],
  ])('%j: %s', (text) => {
    expect(Position.parse(text)?.toString()).toBeUndefined();
  });

  test('the largest revision is one', () => {
    expect(Position.parse(`${good.slice(0, 8)}2gosa7pa2gv`)?.of('a')).toBe(Number.MAX_SAFE_INTEGER);
  });
});
