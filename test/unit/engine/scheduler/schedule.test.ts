import { describe, expect, test } from 'vitest';
import { type Batch, type Entry, newBatch } from '../../../../src/engine/scheduler/entry.js';
import { Lanes } from '../../../../src/engine/scheduler/lanes.js';
import { Schedule } from '../../../../src/engine/scheduler/schedule.js';

type Waiting = Entry<string, string>;

/** `A 3 xy`: of group A, weighs 3, and needs the rows x and y. */
function entry(call: string, number: number): Waiting {
  const [group, weight, names] = call.split(' ');
  return {
    call,
    number,
    arrivedAtMs: 0,
    deadlineAtMs: 1,
    group: group!,
    weight: Number(weight),
    names: [...(names ?? '')],
    sequence: undefined,
    lacks: undefined,
    lacksOurs: false,
    patient: true,
    returns: 0,
    answer: () => {},
  };
}

function setUp(batchCommandsMax: number, queueCommandsMax = 100_000, oneGroup = false, engineLanes = 1) {
  const schedule = new Schedule<string, string>({ batchCommandsMax, queueCommandsMax }, oneGroup);
  let arrived = 0;
  return {
    schedule,
    come: (call: string, times = 1): Waiting[] =>
      Array.from({ length: times }, () => {
        const one = entry(call, arrived++);
        schedule.add(one);
        return one;
      }),
    /** `inLanes`: what the batches in other lanes weigh; `answered`: what has just been done. */
    fill: (inLanes = 0, answered = 0): Batch<string, string> => {
      const batch = newBatch<string, string>();
      const lanes = new Lanes(engineLanes);
      lanes.take({ weight: inLanes });
      schedule.fill(batch, 0, lanes, answered);
      return batch;
    },
  };
}

const calls = (batch: Batch<string, string>): string[] => batch.entries.map(({ call }) => call);

describe('groups take turns', () => {
  test('by weight, 64 each', () => {
    const { come, fill } = setUp(128);
    come('A 1', 1000);
    come('B 8', 100);
    come('C 1', 3);
    expect(calls(fill())).toEqual([...Array(64).fill('A 1'), ...Array(8).fill('B 8')]);
    expect(calls(fill())).toEqual([
      ...Array(3).fill('C 1'),
      ...Array(64).fill('A 1'),
      // The next one of B has no room.
      ...Array(7).fill('B 8'),
    ]);
  });

  test('one alone takes all there is; next to others its batches stay small, even if they have nothing now', () => {
    const { schedule, come, fill } = setUp(500);
    come('A 1', 300);
    const alone = fill();
    expect(alone.entries).toHaveLength(300);
    schedule.release(alone);
    come('B 1');
    schedule.release(fill());
    come('A 1', 300);
    expect(calls(fill())).toEqual(Array(64).fill('A 1'));
  });

  test.each([
    ...[33, 128, 129, 300, 499, 500, 2000].map((weight) => [weight, 1]),
    ...[33, 300, 2000].map((weight) => [weight, 64]),
  ])('one that weighs %i is not starved by floods; lanes: %i', (weight, engineLanes) => {
    const { schedule, come, fill } = setUp(500, 100_000, false, engineLanes);
    for (const flood of ['B', 'C', 'D', 'E', 'F']) come(`${flood} 1`, 3000);
    come(`A ${weight}`);
    const batches: string[][] = [];
    while (batches.length < 70 && !batches.at(-1)?.includes(`A ${weight}`)) {
      const batch = fill();
      batches.push(calls(batch));
      schedule.release(batch);
    }
    // Its credit grows with every turn of its group.
    const turns = Math.ceil(weight / 64) + 1;
    // In a batch of one lane of many, each of the six groups has its turn in a batch of its own.
    expect(batches.length).toBeLessThanOrEqual(engineLanes === 1 ? turns : 6 * turns);
  });

  test.each([1, 10, 64, 65, 500])('batches of %i: floods take turns', (batchCommandsMax) => {
    const { schedule, come, fill } = setUp(batchCommandsMax);
    for (const flood of ['A', 'B', 'C']) come(`${flood} 1`, 1000);
    const taken = { A: 0, B: 0, C: 0 };
    while (taken.A + taken.B + taken.C < 384) {
      const batch = fill();
      for (const { group } of batch.entries) taken[group as 'A']++;
      schedule.release(batch);
    }
    expect(Math.min(taken.A, taken.B, taken.C)).toBeGreaterThanOrEqual(64);
  });

  test('one that waited for a row has its turn next to a flood', () => {
    const { schedule, come, fill } = setUp(50);
    come('A 1 x');
    const first = fill();
    come('B 1', 1000);
    come('A 1 x', 2);
    expect(calls(fill())).not.toContain('A 1 x');
    schedule.release(first);
    const next = [...calls(fill()), ...calls(fill())];
    expect(next.filter((call) => call === 'A 1 x')).toHaveLength(2);
  });
});

describe('lanes divide what there is', () => {
  const sizes = (waiting: number, inLanes: number, engineLanes = 2): number => {
    const { come, fill } = setUp(500, 100_000, false, engineLanes);
    for (let i = 0; i < waiting; i++) come(`A 1 ${String.fromCodePoint(0x4e00 + i)}`);
    return fill(inLanes).entries.length;
  };

  test.each([
    ['half of what waits', 400, 0, 2, 200],
    ['a quarter', 400, 0, 4, 100],
    ['all, next to a batch as large', 200, 200, 2, 200],
    ['all, next to a larger one', 60, 180, 2, 60],
    ['nothing, if it is few next to a larger one', 60, 181, 2, 0],
    ['all, next to a small one', 1, 63, 2, 1],
    ['half of all, next to a smaller one', 380, 20, 2, 200],
    ['all, as long as it is little', 64, 0, 2, 64],
    ['no more than a batch may have', 2000, 0, 2, 500],
    ['all, where there is one lane', 400, 0, 1, 400],
  ])('a batch takes %s: %i wait, %i are in other lanes, %i lanes', (_, waiting, inLanes, lanes, taken) => {
    expect(sizes(waiting, inLanes, lanes)).toBe(taken);
  });

  test('calls on one row are divided, too, between this batch and the next', () => {
    const { schedule, come, fill } = setUp(500, 100_000, false, 2);
    const all = come('A 1 x', 300);
    const first = fill();
    expect(first.entries).toEqual(all.slice(0, 150));
    // No lane has the turn on x as long as the first batch is not done.
    expect(fill(150).entries).toEqual([]);
    schedule.release(first);
    expect(fill(0, 150).entries).toEqual(all.slice(150));
  });

  test('a batch that has just been done counts, since its callers come back', () => {
    const { come, fill } = setUp(500, 100_000, false, 2);
    come('A 1 x', 300);
    expect(fill(0, 200).entries).toHaveLength(250);
  });

  test('and the others are left to the next lane, in order', () => {
    const { schedule, come, fill } = setUp(500, 100_000, false, 2);
    come('A 1 x', 150);
    const others = come('A 1 y', 50);
    const behind = come('A 1 x', 50);
    const first = fill();
    expect(first.entries).toHaveLength(125);
    expect(fill(125).entries).toEqual(others);
    schedule.release(first);
    expect(fill(50, 125).entries.slice(-50)).toEqual(behind);
  });

  test('a few do not wait for the crowd of another group', () => {
    const { schedule, come, fill } = setUp(500, 100_000, false, 2);
    come('A 1 x', 64);
    schedule.release(fill());
    const others = come('B 1 y');
    expect(fill(300).entries).toEqual(others);
    // A was here within the last second; its few do not wait, either: B may come back.
    const own = come('A 1 z');
    expect(fill(300).entries).toEqual(own);
  });

  test('calls that name no row are divided, too', () => {
    const { come, fill } = setUp(500, 100_000, false, 2);
    come('A 1', 300);
    expect(fill().entries).toHaveLength(150);
  });
});

describe('next to a crowd, those who have little', () => {
  const quiet = (schedule: Schedule<string, string>): string[] => {
    const batch = newBatch<string, string>();
    schedule.fillQuiet(batch);
    return calls(batch);
  };

  test.each([
    [false, ['B 1', 'B 1', 'C 1']],
    // A batch names one merchant, and finds nobody else's rows.
    [true, ['B 1', 'B 1']],
  ])('are taken without the crowd; of one group only: %s', (oneGroup, expected) => {
    const { schedule, come } = setUp(500, 100_000, oneGroup);
    come('A 1', 100);
    come('B 1', 2);
    come('C 1');
    expect(quiet(schedule)).toEqual(expected);
  });

  test.each([
    ['nobody else waits', 'B 1', 0],
    ['the others are no crowd', 'B 1', 63],
    ['it has much', 'B 17', 100],
    ['all others are as quiet', 'B 1', 0, 30],
  ])('are not, where %s', (_, call, others, merchants = 0) => {
    const { schedule, come } = setUp(500);
    come('A 1', others);
    for (let i = 0; i < merchants; i++) come(`Q${i} 1`, 3);
    come(call);
    expect(quiet(schedule)).toEqual([]);
  });

  test('nor once the crowd has been taken', () => {
    const { schedule, come, fill } = setUp(90);
    come('A 1', 100);
    expect(fill().entries).toHaveLength(90);
    come('B 1', 70);
    expect(fill().entries).toHaveLength(74);
    come('C 1');
    expect(quiet(schedule)).toEqual([]);
  });

  test('and a call that comes to wait for a row which is kept is told', () => {
    const { schedule, come } = setUp(500);
    const joined: string[] = [];
    schedule.onJoined = (name) => joined.push(name);
    schedule.keep('x', []);
    come('A 1', 100);
    come('B 1 x');
    expect(quiet(schedule)).toEqual([]);
    expect(joined).toEqual(['x']);
  });
});

describe('each group has its share of the queue', () => {
  test('one alone fills four fifths, the others find room', () => {
    const { schedule, come } = setUp(10, 100);
    let taken = 0;
    while (schedule.hasRoom('A')) taken += come('A 1').length;
    expect(taken).toBe(80);
    expect(schedule.hasRoom('B')).toBe(true);
    while (schedule.hasRoom('B')) taken += come('B 1').length;
    expect(schedule.hasRoom('A')).toBe(false);
    expect(schedule.hasRoom('C')).toBe(true);
    expect(schedule.calls).toBe(taken);
  });

  test('calls that wait for a row which is kept count, until they are taken', () => {
    const { schedule, come, fill } = setUp(10, 10);
    come('A 4 x');
    const batch = fill();
    schedule.keep('x', batch.entries);
    schedule.release(batch);
    expect([schedule.calls, schedule.waitingFor('x')]).toEqual([1, 1]);
    expect(calls(fill())).toEqual([]);
    come('A 4 x');
    expect(schedule.hasRoom('A')).toBe(false);
    const behind = newBatch<string, string>();
    expect(calls(fill())).toEqual([]);
    schedule.fillFrom('x', behind);
    expect(calls(behind)).toEqual(['A 4 x', 'A 4 x']);
    expect([schedule.calls, schedule.hasRoom('A')]).toEqual([0, true]);
  });

  test('those that are given up no longer count', () => {
    const { schedule, come, fill } = setUp(10, 10);
    come('A 8 x');
    const batch = fill();
    schedule.keep('x', batch.entries);
    expect(schedule.retain('x', () => false)).toEqual(batch.entries);
    expect([schedule.calls, schedule.hasRoom('A')]).toEqual([0, true]);
  });
});

describe('rows', () => {
  test('what comes out of a batch undone goes before what came later', () => {
    const { schedule, come, fill } = setUp(10);
    const [order] = come('A 1');
    const first = fill();
    come('A 1 x');
    const second = fill();
    come('A 1 x', 2);
    // It turns out to need x, which the second batch has.
    Object.assign(order!, { names: ['x'] });
    schedule.putBack([order!]);
    schedule.release(first);
    expect(calls(fill())).toEqual([]);
    schedule.release(second);
    expect(fill().entries.map(({ number }) => number)).toEqual([0, 2, 3]);
  });

  test('one that is put back is not stuck before one that waits for something else', () => {
    const { schedule, come, fill } = setUp(10);
    const [order] = come('A 1');
    const first = fill();
    come('A 1 z');
    const second = fill();
    come('A 1 yz');
    fill();
    Object.assign(order!, { names: ['y'] });
    schedule.putBack([order!]);
    schedule.release(first);
    const third = fill();
    expect(third.entries).toEqual([order]);
    schedule.release(third);
    schedule.release(second);
    expect(calls(fill())).toEqual(['A 1 yz']);
  });

  test('an empty batch behind a row leaves those who wait to the others', () => {
    const { schedule, come, fill } = setUp(10);
    come('A 1 x');
    const first = fill();
    come('A 1 x');
    fill();
    schedule.keep('x', []);
    const behind = newBatch<string, string>();
    schedule.fillFrom('x', behind);
    expect(calls(behind)).toEqual([]);
    schedule.release(first);
    expect(calls(fill())).toEqual(['A 1 x']);
  });
});

test('of a long line, no more calls are shown than a batch may have', () => {
  const { schedule, come, fill } = setUp(10);
  schedule.keep('x', []);
  come('A 1 x', 100);
  fill();
  expect(schedule.waitingFor('x')).toBe(100);
  expect(schedule.waitingAt('x').map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
