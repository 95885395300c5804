import { beforeEach, describe, expect, test } from 'vitest';
import { Turns, type Waiter } from '../../../../src/engine/scheduler/turns.js';

/** `3 ab`: the call that came third, and needs the rows a and b. */
type Call = Waiter & { readonly told: string };

function call(told: string): Call {
  const [number, names] = told.split(' ');
  return { told, number: Number(number), names: [...names!] };
}

let turns: Turns<Call>;
beforeEach(() => {
  turns = new Turns();
});

const batch = () => ({ names: [] as string[] });

/** The call is taken, or waits. */
function come(told: string, holder: { names: string[] }): boolean {
  const one = call(told);
  if (turns.isFree(one, holder)) {
    turns.hold(one, holder);
    return true;
  }
  turns.wait(one);
  return false;
}

/** All that the batch may take from the row's line. */
function takeFrom(name: string, holder: { names: string[] }): string[] {
  const taken: string[] = [];
  for (let one = turns.peek(name, holder); one !== undefined; one = turns.peek(name, holder)) {
    turns.take(one, holder);
    taken.push(one.told);
  }
  return taken;
}

describe('one batch has a row', () => {
  test('calls join it, others wait, and go on in order when it is done', () => {
    const [first, second] = [batch(), batch()];
    expect(['1 a', '2 a'].map((one) => come(one, first))).toEqual([true, true]);
    expect(['3 a', '4 b', '5 a'].map((one) => come(one, second))).toEqual([false, true, false]);
    expect(turns.isHeldByOther('a', second)).toBe(true);
    expect(turns.isHeldByOther('a', first)).toBe(false);
    expect(takeFrom('a', second)).toEqual([]);
    expect(turns.release(first)).toEqual(['a']);
    expect(takeFrom('a', second)).toEqual(['3 a', '5 a']);
    expect(turns.release(second)).toEqual([]);
    expect(come('6 a', first)).toBe(true);
  });

  test('a batch that finds out that it needs rows has the turn on all of them, before those who wait, or on none', () => {
    const [first, second, third] = [batch(), batch(), batch()];
    come('1 a', first);
    come('2 ab', third);
    expect(turns.claim(['b', 'a', 'c'], second)).toBe('a');
    expect(['b', 'c'].map((name) => turns.isHeldByOther(name, first))).toEqual([false, false]);
    expect(turns.claim(['b', 'c'], second)).toBeUndefined();
    expect(turns.claim(['c'], second)).toBeUndefined();
    expect(['b', 'c'].map((name) => turns.isHeldByOther(name, first))).toEqual([true, true]);
    expect(turns.release(first)).toEqual(['a']);
    expect(takeFrom('a', third)).toEqual([]);
    expect(turns.release(second)).toEqual(['b']);
    expect(takeFrom('b', third)).toEqual(['2 ab']);
  });

  test('nobody overtakes one that waits for several rows', () => {
    const [first, second, third] = [batch(), batch(), batch()];
    come('1 a', first);
    expect(['2 ab', '3 b', '4 c'].map((one) => come(one, second))).toEqual([false, false, true]);
    expect(takeFrom('b', third)).toEqual([]);
    expect(turns.release(first)).toEqual(['a']);
    expect(takeFrom('a', third)).toEqual(['2 ab']);
    expect(takeFrom('b', third)).toEqual(['3 b']);
  });
});

describe('a row that somebody outside keeps', () => {
  test('those who need it wait for it alone, and others go on', () => {
    const [first, second] = [batch(), batch()];
    come('1 a', first);
    come('2 ab', second);
    come('3 b', second);
    // The one that is first in b gives up its place there.
    expect(turns.keep('a', [call('1 a')])).toEqual(['b']);
    expect(turns.release(first)).toEqual([]);
    expect(takeFrom('b', second)).toEqual(['3 b']);
    expect(come('4 ab', second)).toBe(false);
    expect(turns.waitingFor('a')).toBe(3);
    expect(takeFrom('a', second)).toEqual([]);
    turns.free('a');
    expect(takeFrom('a', second)).toEqual(['1 a', '2 ab', '4 ab']);
  });

  test('of those who wait, some give up', () => {
    turns.keep('a', [call('1 a'), call('2 ab'), call('3 a')]);
    expect(turns.retain('a', ({ number }) => number === 2).map(({ told }) => told)).toEqual(['1 a', '3 a']);
    turns.free('a');
    expect(takeFrom('a', batch())).toEqual(['2 ab']);
  });

  test('it is free, and nobody waits: as if nothing had happened', () => {
    turns.keep('a', []);
    expect(come('1 a', batch())).toBe(false);
    turns.retain('a', () => false);
    turns.free('a');
    expect(come('2 a', batch())).toBe(true);
  });
});

describe('nobody’s turn is forgotten', () => {
  test('the first of a line goes on to wait for another row: the next one is shown', () => {
    turns.keep('a', [call('1 ab'), call('2 a')]);
    turns.keep('b', [call('3 b')]);
    turns.free('a');
    const holder = batch();
    expect(takeFrom('a', holder)).toEqual(['2 a']);
    turns.release(holder);
    turns.free('b');
    expect(takeFrom('b', batch())).toEqual(['1 ab', '3 b']);
  });

  test('the first of a line is the first of the other, too, where a later one waits for something else', () => {
    const other = batch();
    come('1 c', other);
    come('5 bc', other);
    turns.keep('a', [call('2 ab')]);
    turns.release(other);
    const busy = batch();
    come('3 c', busy);
    turns.free('a');
    expect(takeFrom('a', batch())).toEqual(['2 ab']);
  });

  test('one that came earlier does not wait behind one that waits for something else', () => {
    const other = batch();
    come('1 c', other);
    expect(come('5 bc', batch())).toBe(false);
    expect(come('2 b', batch())).toBe(true);
  });
});
