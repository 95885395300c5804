import { describe, expect } from 'vitest';
import { test as base } from '../support/import-fixtures.js';
import { sweepAllImports } from '../support/sweeps.js';

const test = base
  /** Makes all imports of the merchant this much older. */
  .extend('pass', ({ stage, merchantId }) => async (time: string): Promise<void> => {
    await stage.database.query(
      'UPDATE imports SET started_at = started_at - $2::interval, used_at = used_at - $2::interval WHERE merchant_id = $1',
      [merchantId, time],
    );
    await stage.database.query(
      'UPDATE import_lines SET done_at = done_at - $2::interval WHERE merchant_id = $1',
      [merchantId, time],
    );
    await stage.database.query(
      'UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE merchant_id = $1',
      [merchantId, time],
    );
  })
  .extend('remembered', ({ stage, merchantId }) => async (): Promise<{ imports: number; lines: number }> => {
    const [row] = await stage.database.query<{ imports: number; lines: number }>(
      `SELECT (SELECT count(*)::int FROM imports WHERE merchant_id = $1) AS imports,
              (SELECT count(*)::int FROM import_lines WHERE merchant_id = $1) AS lines`,
      [merchantId],
    );
    return row!;
  })
  .extend(
    'log',
    ({ stage, merchantId }) =>
      (): Promise<unknown[]> =>
        stage.database.query(
          `SELECT l.action, l.on_hand_delta AS by, l.actor FROM movement_log AS l JOIN inventory_records AS r
           ON r.merchant_id = l.merchant_id AND r.id = l.inventory_id
        WHERE l.merchant_id = $1 ORDER BY r.product_id, l.revision`,
          [merchantId],
        ),
  );

describe('the same file', () => {
  test.for<[time: string, effect: string, units: number]>([
    ['25 h', 'alreadyDone', 5],
    ['399 days', 'alreadyDone', 5],
    ['400 days', 'restocked', 10],
  ])('after %s: %s', async ([time, effect, units], { run, csv, inStock, pass }) => {
    const file = csv('P,W,5', 'Q,W,5');
    await run(file);
    await pass(time);
    expect(await run(file)).toMatchObject({ data: { [effect]: 2, created: 0, bad: 0 }, exitCode: 0 });
    expect(await inStock()).toEqual({ P: units, Q: units });
  });

  test('a job at the edge of a day: the lines of both sides are done once', async ({
    run,
    csv,
    inStock,
    stage,
    merchantId,
  }) => {
    const { importId } = (await run(csv('P,W,1', 'Q,W,1', 'R,W,1'))).data;
    await stage.database.query(
      `UPDATE import_lines SET done_at = done_at - line * interval '12 hours' WHERE merchant_id = $1`,
      [merchantId],
    );
    expect(await run(csv('P,W,1', 'Q,W,1', 'R,W,1'))).toMatchObject({ data: { importId, alreadyDone: 3 } });
    expect(await inStock()).toEqual({ P: 1, Q: 1, R: 1 });
  });

  test('the last use counts, not the start', async ({ run, csv, pass }) => {
    const file = csv('P,W,5');
    await run(file);
    await pass('399 days');
    await run(file);
    await pass('399 days');
    expect(await run(file)).toMatchObject({ data: { alreadyDone: 1 } });
  });

  test('says what was done before, and when, and what to do if it is another delivery', async ({
    run,
    csv,
    inStock,
    stage,
    merchantId,
    pass,
  }) => {
    const file = csv('P,W,5', 'Q,W,5');
    await run(file);
    await pass('1 day');
    const [{ day }] = (await stage.database.query(
      "SELECT to_char(min(done_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM import_lines WHERE merchant_id = $1",
      [merchantId],
    )) as [{ day: string }];
    const again = await run(file);
    expect(again.text).toContain(`2 rows were done before, on ${day}, and not repeated.`);
    expect(again.text).toContain('--import-id');
    expect(again.data).toMatchObject({ doneBefore: { first: expect.stringContaining(day) } });
    expect(await run(file, { importId: 'tuesday' })).toMatchObject({
      data: { restocked: 2, doneBefore: null },
    });
    expect(await inStock()).toEqual({ P: 10, Q: 10 });
  });
});

describe('a file that is not quite the same, under the same id', () => {
  const cases: { name: string; before: string[]; now: string[]; expected: object; left: object }[] = [
    {
      name: 'the bad line corrected in its place',
      before: ['P,W,5', 'Q,W,x', 'R,W,5'],
      now: ['P,W,5', 'Q,W,5', 'R,W,5'],
      expected: { alreadyDone: 2, created: 1, bad: 0 },
      left: { P: 5, Q: 5, R: 5 },
    },
    {
      name: 'the bad line taken away',
      before: ['P,W,5', 'Q,W,x', 'R,W,5', 'S,W,5'],
      now: ['P,W,5', 'R,W,5', 'S,W,5'],
      expected: { alreadyDone: 3, bad: 0 },
      left: { P: 5, R: 5, S: 5 },
    },
    {
      name: 'one bad line taken away, and one corrected that now stands where another was done',
      before: ['P,W,5', 'Q,W,x', 'R,W,5', 'S,W,x', 'T,W,5'],
      now: ['P,W,5', 'R,W,5', 'S,W,5', 'T,W,5'],
      expected: { alreadyDone: 3, created: 1, bad: 0 },
      left: { P: 5, R: 5, S: 5, T: 5 },
    },
    {
      name: 'lines added at the head',
      before: ['P,W,5', 'Q,W,5'],
      now: ['N,W,1', 'O,W,1', 'P,W,5', 'Q,W,5'],
      expected: { alreadyDone: 2, created: 2, bad: 0 },
      left: { N: 1, O: 1, P: 5, Q: 5 },
    },
    {
      name: 'a line added at the head, and one that was done says something else',
      before: ['P,W,5', 'Q,W,5', 'R,W,5'],
      now: ['N,W,1', 'P,W,6', 'Q,W,5', 'R,W,5'],
      expected: { alreadyDone: 2, bad: 2 },
      left: { P: 5, Q: 5, R: 5 },
    },
    {
      name: 'lines in another order',
      before: ['P,W,5', 'Q,W,x', 'R,W,5', 'S,W,5'],
      now: ['S,W,5', 'R,W,5', 'P,W,5'],
      expected: { alreadyDone: 3, bad: 0 },
      left: { P: 5, R: 5, S: 5 },
    },
    {
      name: 'lines added at the end',
      before: ['P,W,5'],
      now: ['P,W,5', 'Q,W,5'],
      expected: { alreadyDone: 1, created: 1, bad: 0 },
      left: { P: 5, Q: 5 },
    },
    {
      name: 'written otherwise',
      before: ['P,W,5'],
      now: ['"P", W ,05'],
      expected: { alreadyDone: 1, bad: 0 },
      left: { P: 5 },
    },
    {
      name: 'a line that was done says something else',
      before: ['P,W,5', 'Q,W,5'],
      now: ['P,W,6', 'Q,W,5'],
      expected: { alreadyDone: 1, bad: 1 },
      left: { P: 5, Q: 5 },
    },
    {
      name: 'new quantities on all lines',
      before: ['P,W,5', 'Q,W,5'],
      now: ['P,W,6', 'Q,W,7'],
      expected: { alreadyDone: 0, bad: 2 },
      left: { P: 5, Q: 5 },
    },
    {
      name: 'new quantities also where nothing was done',
      before: ['P,W,5', 'Q,W,x', 'R,W,5'],
      now: ['P,W,6', 'R,W,7', 'Q,W,8', 'S,W,9'],
      expected: { alreadyDone: 0, created: 0, restocked: 0, bad: 4 },
      left: { P: 5, R: 5 },
    },
    {
      name: 'equal lines count one by one',
      before: ['P,W,5', 'P,W,5'],
      now: ['P,W,5', 'P,W,5', 'P,W,5'],
      expected: { alreadyDone: 2, restocked: 1, bad: 0 },
      left: { P: 15 },
    },
  ];
  test.for(cases)('$name', async ({ before, now, expected, left }, { run, csv, inStock, pass }) => {
    await run(csv(...before), { importId: 'one' });
    await pass('2 days');
    expect(await run(csv(...now), { importId: 'one' })).toMatchObject({ data: expected });
    expect(await inStock()).toEqual(left);
  });

  test('a line that the stock refused is not remembered: it can be corrected, or tried when there is room', async ({
    run,
    csv,
    inStock,
  }) => {
    await run(csv('P,W,2147483640'), { importId: 'before' });
    const file = csv('P,W,10', 'Q,W,1');
    expect(await run(file, { importId: 'one' })).toMatchObject({ data: { created: 1, bad: 1 } });
    const corrected = csv('P,W,7', 'Q,W,1');
    expect(await run(corrected, { importId: 'one' })).toMatchObject({
      data: { alreadyDone: 1, restocked: 1, bad: 0 },
    });
    expect(await inStock()).toEqual({ P: 2147483647, Q: 1 });
  });
});

describe('a file that is not quite the same, without an id', () => {
  const bad = ['P,W,5', 'Q,W,5', 'R,W,x'];
  const corrected = ['P,W,5', 'Q,W,5', 'R,W,5'];

  test('such as one that was corrected: asks which import it is, and does nothing', async ({
    run,
    csv,
    inStock,
  }) => {
    const { importId } = (await run(csv(...bad))).data;
    const file = csv(...corrected);
    await expect(run(file)).rejects.toThrow(`To resume that import, run it with --import-id ${importId}`);
    expect(await inStock()).toEqual({ P: 5, Q: 5 });
    expect(await run(file, { importId })).toMatchObject({ data: { alreadyDone: 2, created: 1 } });
    expect(await run(file, { importId: 'other' })).toMatchObject({ data: { restocked: 3 } });
    // By now, the first import is forgotten.
    expect(await run(csv(...corrected, 'S,W,1'))).toMatchObject({ data: { restocked: 3, created: 1 } });
  });

  test.for<[name: string, before: string[], now: string[]]>([
    ['new quantities', bad, ['P,W,6', 'Q,W,7', 'R,W,8']],
    ['an import that left nothing', corrected, ['P,W,5', 'Q,W,5', 'R,W,6']],
  ])('%s: another delivery', async ([_, then, now], { run, csv }) => {
    await run(csv(...then));
    expect(await run(csv(...now))).toMatchObject({ data: { bad: 0, alreadyDone: 0 }, exitCode: 0 });
  });
});

describe('--set', () => {
  const set = { set: true };
  test('takes qty as a count, logs the difference, and is the same however often it runs', async ({
    run,
    csv,
    inStock,
    pass,
    remembered,
    log,
  }) => {
    await run(csv('P,W,5', 'Q,W,5', 'R,W,5'));
    const counts = csv('P,W,8', 'Q,W,2', 'R,W,5', 'S,W,4', 'T,W,0');
    expect(await run(counts, set)).toMatchObject({
      data: { set: true, created: 2, adjusted: 2, unchanged: 1, bad: 0 },
      text: expect.stringContaining('5 rows: 2 created, 2 adjusted, 1 unchanged.'),
      exitCode: 0,
    });
    const after = { P: 8, Q: 2, R: 5, S: 4, T: 0 };
    expect(await inStock()).toEqual(after);
    const entries = await log();
    expect(entries).toEqual([
      { action: 'RECEIVED', by: 5, actor: 'ann' },
      { action: 'ADJUSTED', by: 3, actor: 'ann' },
      { action: 'RECEIVED', by: 5, actor: 'ann' },
      { action: 'ADJUSTED', by: -3, actor: 'ann' },
      { action: 'RECEIVED', by: 5, actor: 'ann' },
      { action: 'RECEIVED', by: 4, actor: 'ann' },
      { action: 'RECEIVED', by: 0, actor: 'ann' },
    ]);
    for (const time of ['0 s', '24 h', '500 days']) {
      await pass(time);
      expect(await run(counts, set)).toMatchObject({ data: { unchanged: 5, adjusted: 0 }, exitCode: 0 });
      expect(await inStock()).toEqual(after);
    }
    expect(await log()).toEqual(entries);
    expect(await remembered()).toEqual({ imports: 1, lines: 3 });
  });

  test('the same counts after stock has moved set it back', async ({ run, csv, inStock }) => {
    const counts = csv('P,W,8');
    await run(counts, set);
    await run(csv('P,W,5'));
    expect(await run(counts, set)).toMatchObject({ data: { adjusted: 1 } });
    expect(await inStock()).toEqual({ P: 8 });
  });

  test('below what is reserved: the line is bad, with its figures, and the others go through', async ({
    run,
    csv,
    inStock,
    stage,
  }) => {
    await stage.seed({ id: 'inv_set', onHandQty: 10, reservedQty: 4 });
    const theirs = { ...set, merchant: stage.merchantId };
    const file = csv('inv_set,main,3', 'P,W,1');
    const problems = ['Adjustment would leave 3 units on hand, but 4 units are reserved.'];
    for (let i = 0; i < 2; i++) {
      expect(await run(file, theirs)).toMatchObject({
        data: { bad: 1, badLines: [{ line: 2, problems }] },
        exitCode: 1,
      });
      expect(await inStock(stage.merchantId)).toMatchObject({ 'inv_set@main': 10, P: 1 });
    }
    expect(await run(csv('inv_set,main,4'), theirs)).toMatchObject({ data: { adjusted: 1 } });
  });

  test('a record that two lines count: the first counts, the other is bad, each time', async ({
    run,
    csv,
    inStock,
  }) => {
    const file = csv('P,W,3', 'Q,W,1', 'P,W,5', 'P,W,3');
    const problems = ['counts a record that an earlier line counts: give one line per record'];
    for (const done of [{ created: 2 }, { unchanged: 2 }]) {
      expect(await run(file, set)).toMatchObject({ data: { ...done, bad: 2 }, exitCode: 1 });
      expect((await run(file, set)).data.badLines.sort((a, b) => a.line - b.line)).toEqual([
        { line: 4, problems },
        { line: 5, problems },
      ]);
      expect(await inStock()).toEqual({ P: 3, Q: 1 });
    }
  });

  test('by two at the same time: the stock is what was counted', async ({ run, files }) => {
    const file = files.products(300);
    await Promise.all([run(file, set), run(file, set)]);
    expect(await run(file, set)).toMatchObject({ data: { unchanged: 300 } });
  });

  test('needs no name', async ({ run, csv }) => {
    await expect(run(csv('P,W,1'), { ...set, importId: 'one' })).rejects.toThrow(
      '--set needs no --import-id',
    );
  });
});

describe('what is too old is forgotten, step by step', () => {
  test('and nothing else', async ({ run, csv, files, stage, merchantId, remembered }) => {
    await run(files.products(1500));
    await run(csv('young,W,1'), { importId: 'young' });
    await stage.database.query(
      "UPDATE imports SET used_at = used_at - interval '400 days' WHERE merchant_id = $1 AND import_id <> 'young'",
      [merchantId],
    );
    let asked = 0;
    const others = 1;
    await sweepAllImports(stage.dataSource, () => ++asked > others + 1);
    expect(await remembered()).toMatchObject({ imports: 2 });
    await sweepAllImports(stage.dataSource, () => false);
    expect(await remembered()).toEqual({ imports: 1, lines: 1 });
  });

  test('while a run under its id starts over, by several at the same time', async ({
    run,
    files,
    stage,
    pass,
    remembered,
  }) => {
    const file = files.products(1500, 'N');
    await run(file);
    await pass('401 days');
    const [again] = await Promise.all([
      run(file),
      sweepAllImports(stage.dataSource, () => false),
      sweepAllImports(stage.dataSource, () => false),
    ]);
    expect(again).toMatchObject({ data: { restocked: 1500, alreadyDone: 0 } });
    await sweepAllImports(stage.dataSource, () => false);
    expect(await remembered()).toEqual({ imports: 1, lines: 1500 });
  });
});
