import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../../../../src/engine/scheduler/fifo.js';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ push: fc.nat(99) }) },
  { weight: 5, arbitrary: fc.constant({ shift: true }) },
  { weight: 3, arbitrary: fc.record({ insert: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ retain: fc.nat(99) }) },
);

test.each([0, 3000])('is a list, with %i before', (before) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fifo = new Fifo<number>();
      const list: number[] = [];
      for (let n = 0; n < before; n++) {
        fifo.push(n);
        list.push(n);
      }
      // More than the part that it drops at once.
      for (let n = 0; n < before / 2; n++) fifo.shift();
      list.splice(0, before / 2);
      for (const one of steps) {
        if ('push' in one) {
          fifo.push(one.push);
          list.push(one.push);
        } else if ('shift' in one) expect(fifo.shift()).toBe(list.shift());
        else if ('insert' in one) {
          const later = (other: number): boolean => other > one.insert;
          fifo.insert(one.insert, later);
          const last = list.findLastIndex((other) => !later(other));
          list.splice(last + 1, 0, one.insert);
        } else {
          const passes = (other: number): boolean => other >= one.retain;
          const removed = list.filter((other) => !passes(other));
          expect(fifo.filter(passes)).toEqual(list.filter(passes));
          expect(fifo.retain(passes)).toEqual(removed);
          list.splice(0, list.length, ...list.filter(passes));
        }
        expect([fifo.length, fifo.peek(), fifo.first(2)]).toEqual([list.length, list[0], list.slice(0, 2)]);
      }
      expect(fifo.filter(() => true)).toEqual(list);
    }),
    { numRuns: before === 0 ? 100 : 5 },
  );
});
