import { tmpdir } from 'node:os';
import { describe, expect } from 'vitest';
import { UsageError } from '../../src/cli/context.js';
import type { ImportCommandOptions } from '../../src/cli/import/import.js';
import { createMerchant } from '../../src/service/merchants.js';
import { createTestDatabase } from '../support/database.js';
import type { ImportFiles } from '../support/import-files.js';
import { test as base } from '../support/import-fixtures.js';

const test = base
  /** A file of one unit of each of the products. */
  .extend(
    'unitOf',
    ({ files }) =>
      (...ids: string[]): string =>
        files.write(
          ids.map((productId) => JSON.stringify({ productId, warehouseId: 'W', qty: 1 })).join('\n'),
          'jsonl',
        ),
  );

const counts = { rows: 0, created: 0, restocked: 0, unchanged: 0, alreadyDone: 0, bad: 0 };

test('creates, restocks, and does nothing twice under one import id', async ({
  run,
  csv,
  inStock,
  merchantId,
}) => {
  const file = csv('P,W,5', 'Q,W,0');
  const first = await run(file);
  expect(first).toMatchObject({
    data: { ...counts, merchantId, rows: 2, created: 2, stopped: null },
    text: expect.stringMatching(
      /^Import [0-9a-f]{32} of \S+: 3 lines = 2 done \+ 0 bad \+ 0 blank \+ 1 of column names\.\n2 rows: 2 created, 0 restocked, 0 already done\.$/,
    ),
    exitCode: 0,
  });
  expect(await run(file)).toMatchObject({
    data: { ...counts, importId: first.data.importId, rows: 2, alreadyDone: 2 },
    exitCode: 0,
  });
  expect(await run(file, { importId: 'second' })).toMatchObject({
    data: { ...counts, importId: 'second', rows: 2, restocked: 1, unchanged: 1 },
    text: `Import second of ${merchantId}: 3 lines = 2 done + 0 bad + 0 blank + 1 of column names.\n2 rows: 0 created, 1 restocked, 1 unchanged, 0 already done.`,
  });
  // Only the id of the import counts, wherever the file is.
  expect(await run(csv('P,W,5', 'Q,W,0'), { importId: 'second' })).toMatchObject({
    data: { ...counts, rows: 2, alreadyDone: 2 },
  });
  expect(await inStock()).toEqual({ P: 10, Q: 0 });
});

test('one import id is each merchant’s own', async ({ run, csv, stage }) => {
  const file = csv('P,W,5');
  await run(file);
  const other = await createMerchant(stage.dataSource, 'Other', 'test');
  expect(await run(file, { merchant: other.merchantId })).toMatchObject({ data: { created: 1 } });
});

test('the first line of a record describes it, with many in flight', async ({
  run,
  inStock,
  files,
  stage,
  merchantId,
}) => {
  const lines = Array.from({ length: 400 }, (_, i) => `P${i % 5},W,1,place ${i},PO-${i}`);
  const file = files.write(`productId,warehouseId,qty,location,reference\n${lines.join('\n')}\n`);
  const env = { BATCH_COMMANDS_MAX: '3', ENGINE_LANES: '4' };
  expect(await run(file, { env })).toMatchObject({
    data: { ...counts, rows: 400, created: 5, restocked: 395 },
  });
  expect(new Set(Object.values(await inStock()))).toEqual(new Set([80]));
  const rows = await stage.database.query(
    `SELECT r.location, l.reference, l.actor, l.action FROM inventory_records AS r
       JOIN movement_log AS l ON l.merchant_id = r.merchant_id AND l.inventory_id = r.id AND l.revision = 1
      WHERE r.merchant_id = $1 ORDER BY r.product_id`,
    [merchantId],
  );
  expect(rows).toEqual(
    [0, 1, 2, 3, 4].map((i) => ({
      location: `place ${i}`,
      reference: `PO-${i}`,
      actor: 'ann',
      action: 'RECEIVED',
    })),
  );
});

test('ids in the file, and the records that they name', async ({
  run,
  files,
  inStock,
  stage,
  merchantId,
}) => {
  const withIds = (...lines: string[]): string =>
    files.write(`id,productId,warehouseId,qty\n${lines.join('\n')}\n`);
  const file = withIds('own.1,P,W,5', 'own.2,Q,W,2', ',R,W,1', 'own.1,P,W,1');
  expect(await run(file)).toMatchObject({ data: { ...counts, rows: 4, created: 3, restocked: 1 } });
  const ids = await stage.database.query(
    `SELECT id FROM stock_levels WHERE merchant_id = $1 AND id NOT LIKE 'inv#_%' ESCAPE '#' ORDER BY id`,
    [merchantId],
  );
  expect(ids).toEqual([{ id: 'own.1' }, { id: 'own.2' }]);
  expect(
    await run(withIds('own.3,P,W,9', 'own.2,S,W,9', 'own 4,T,W,9', 'logs,T,W,9', 'own.2,Q,W,9')),
  ).toMatchObject({
    data: {
      ...counts,
      rows: 5,
      restocked: 1,
      bad: 4,
      // Lines that break a rule of their shape are reported first.
      badLines: [
        { line: 4, problems: ['id must have 1 to 64 characters of A-Z a-z 0-9 . _ -'] },
        { line: 5, problems: ['id must not be logs: GET /v1/inventory/logs is another call'] },
        {
          line: 2,
          problems: ['An inventory record for this product already exists in the specified warehouse.'],
        },
        { line: 3, problems: ['An inventory record own.2 already exists.'] },
      ],
    },
    exitCode: 1,
  });
  // The first line counts a record under its own id, the second under the id of another record.
  const set = await run(withIds('own.1,P,W,7', 'own.1,Q,W,7'), { set: true });
  expect(set).toMatchObject({ data: { adjusted: 1, bad: 1 } });
  expect(await inStock()).toEqual({ P: 7, Q: 11, R: 1 });
});

test('JSON Lines, with all that a line may say', async ({ run, files, stage, merchantId }) => {
  const whole = {
    productId: 'Müsli "süß", 500 g',
    skuId: 'S',
    warehouseId: 'W',
    warehouseName: 'Lager Zürich',
    qty: 5,
    location: 'A1',
    reorderLevel: 3,
    reorderQty: 9,
    variantAttributes: { grösse: 'M', "it's": 'a\\b' },
    reference: 'PO-1',
    notes: 'näher 🏔',
  };
  const file = files.write(
    `${JSON.stringify(whole)}\n{"product_id":"Q","warehouse_id":"W","qty":1}\n`,
    'jsonl',
  );
  expect(await run(file)).toMatchObject({ data: { ...counts, rows: 2, created: 2 } });
  const rows = await stage.database.query(
    `SELECT r.product_id, r.sku_id, r.warehouse_name, r.location, r.reorder_level, r.reorder_qty,
            r.variant_attributes, l.reference, l.notes, l.on_hand_delta
       FROM inventory_records AS r JOIN movement_log AS l ON l.merchant_id = r.merchant_id AND l.inventory_id = r.id
      WHERE r.merchant_id = $1 AND r.sku_id = 'S'`,
    [merchantId],
  );
  expect(rows).toEqual([
    {
      product_id: whole.productId,
      sku_id: 'S',
      warehouse_name: whole.warehouseName,
      location: 'A1',
      reorder_level: 3,
      reorder_qty: 9,
      variant_attributes: whole.variantAttributes,
      reference: 'PO-1',
      notes: whole.notes,
      on_hand_delta: 5,
    },
  ]);
  // The same file with a name of no known format: the option says the format.
  const renamed = files.write(`${JSON.stringify(whole)}\n`, 'txt');
  expect(await run(renamed, { format: 'jsonl' })).toMatchObject({ data: { restocked: 1 } });
});

describe('bad lines', () => {
  test('are reported by number, and the others go through; corrected in place, only they are done', async ({
    run,
    csv,
    inStock,
  }) => {
    const lines = ['P,W,5', 'Q,W,many', '"R,W,1', ',W,1', 'S,W,7'];
    const first = await run(csv(...lines));
    const badLines = [
      { line: 3, problems: ['qty must be a whole number from 0 to 2147483647, not "many"'] },
      { line: 4, problems: ['has a quote that is not closed'] },
      { line: 5, problems: ['productId is missing'] },
    ];
    expect(first).toMatchObject({ data: { ...counts, rows: 5, created: 2, bad: 3, badLines }, exitCode: 1 });
    const { importId } = first.data;
    expect(first.text).toContain(`--import-id ${importId}`);

    const corrected = csv('P,W,5', 'Q,W,2', 'R,W,1', 'T,W,1', 'S,W,7');
    expect(await run(corrected, { importId })).toMatchObject({
      data: { ...counts, rows: 5, created: 3, alreadyDone: 2 },
      exitCode: 0,
    });
    expect(await inStock()).toEqual({ P: 5, Q: 2, R: 1, S: 7, T: 1 });
  });

  test('a line that was done, and says something else now, is not done again', async ({
    run,
    csv,
    inStock,
  }) => {
    const { importId } = (await run(csv('P,W,5', 'Q,W,5'))).data;
    expect(await run(csv('P,W,6', 'Q,W,5'), { importId })).toMatchObject({
      data: {
        ...counts,
        rows: 2,
        alreadyDone: 1,
        bad: 1,
        badLines: [
          {
            line: 2,
            problems: [
              expect.stringMatching(/^was done under this import id on \d{4}-\d\d-\d\d, with other content$/),
            ],
          },
        ],
      },
      exitCode: 1,
    });
    expect(await inStock()).toEqual({ P: 5, Q: 5 });
  });

  test('more units than a record can have, also when it is imported a second time', async ({ run, csv }) => {
    const file = csv('P,W,2147483647', 'P,W,1', 'Q,W,1');
    const badLines = [{ line: 3, problems: ['qty must not bring the units on hand above 2147483647'] }];
    expect(await run(file)).toMatchObject({ data: { created: 2, bad: 1, badLines }, exitCode: 1 });
    expect(await run(file)).toMatchObject({ data: { alreadyDone: 2, bad: 1, badLines }, exitCode: 1 });
  });

  test('more than the output for scripts lists are counted', async ({ run, csv }) => {
    const { data } = await run(csv(...Array.from({ length: 1500 }, () => 'P,W,x')));
    expect(data).toMatchObject({ lines: 1501, bad: 1500, done: 0, blank: 0, names: 1 });
    expect(data.badLines).toHaveLength(1000);
  });
});

describe('lookalikes', () => {
  const nfc = 'Caf\u00e9';
  const nfd = 'Cafe\u0301';
  const warning = (line: number, place: string, here: string, there: string): object => ({
    line,
    warning: `looks like the record ${place}, but is a different one: productId is "${here}" here and "${there}" there`,
  });

  test('within a file, whichever comes first; each is reported once, and imported', async ({
    run,
    unitOf,
  }) => {
    const warnings = [
      warning(2, 'of line 1', 'P ', 'P'),
      warning(5, 'of line 4', 'Q', 'Q\\u{a0}'),
      warning(7, 'of line 6', 'a\\u{200b}b', 'ab'),
      warning(9, 'of line 8', 'Cafe\\u{301}', nfc),
      warning(10, 'of line 1', '\\u{feff}P', 'P'),
    ];
    const ids = ['P', 'P ', 'P ', 'Q\u00a0', 'Q', 'ab', 'a\u200bb', nfc, nfd, '\ufeffP', 'p'];
    expect(await run(unitOf(...ids), { dryRun: true })).toMatchObject({
      data: { warned: 5, warnings },
      exitCode: 0,
    });
    expect(await run(unitOf(...ids))).toMatchObject({
      data: { created: 10, restocked: 1, warned: 5, warnings },
      text: expect.stringMatching(/\n5 warnings\.$/),
      exitCode: 0,
    });
  });

  test('with records in stock', async ({ run, unitOf, stage }) => {
    await run(unitOf('P ', 'Q', nfc));
    expect(await run(unitOf('P', 'P ', 'Q\u200d', nfd, 'Q'))).toMatchObject({
      data: {
        created: 3,
        restocked: 2,
        warnings: [
          warning(1, 'in stock', 'P', 'P '),
          warning(2, 'of line 1', 'P ', 'P'),
          warning(3, 'in stock', 'Q\\u{200d}', 'Q'),
          warning(4, 'in stock', 'Cafe\\u{301}', nfc),
          warning(5, 'of line 3', 'Q', 'Q\\u{200d}'),
        ],
      },
    });
    // Records of another merchant do not count.
    const other = await createMerchant(stage.dataSource, 'Other', 'test');
    expect(await run(unitOf('P'), { merchant: other.merchantId })).toMatchObject({ data: { warnings: [] } });
  });

  test('in any part of what identifies a record; more than the output for scripts lists are counted', async ({
    run,
    files,
  }) => {
    const lines = Array.from({ length: 1100 }, (_, i) => `P${i},W,1\n"P${i} ",W,1\n`).join('');
    const whole = files.write(
      `productId,warehouseId,qty,skuId\nP,W,1,S\nP,W\u2009,1,S\nP,W,1,"S\nS"\nP,W,1,S S\n`,
    );
    expect(await run(whole, { dryRun: true })).toMatchObject({
      data: {
        warnings: [
          { line: 3, warning: expect.stringContaining('warehouseId is "W\\u{2009}" here and "W" there') },
          {
            line: 6,
            warning: expect.stringContaining('of lines 4 to 5, but is a different one: skuId is "S S" here'),
          },
        ],
      },
    });
    const { data } = await run(files.write(`productId,warehouseId,qty\n${lines}`), { dryRun: true });
    expect(data).toMatchObject({ warned: 1100, warnings: { length: 1000 } });
  });
});

test('a file with a column for each warehouse is read once for each', async ({ run, inStock, files }) => {
  const file = files.write('SKU,North,South\nP,1,2\n');
  const of = (warehouse: string): Partial<ImportCommandOptions> => ({
    map: [`SKU=productId,${warehouse}=qty`],
    default: [`warehouseId=${warehouse}`],
    ignoreUnknownColumns: true,
  });
  for (const warehouse of ['North', 'South']) {
    expect(await run(file, of(warehouse))).toMatchObject({ data: { created: 1 } });
    expect(await run(file, of(warehouse))).toMatchObject({ data: { created: 0, alreadyDone: 1 } });
  }
  expect(await inStock()).toEqual({ 'P@North': 1, 'P@South': 2 });
});

describe('--dry-run', () => {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };

  test('checks the file, needs no database, and imports nothing', async ({ run, csv }) => {
    const file = csv('P,W,5', 'Q,W,x');
    const checked = await run(file, { dryRun: true, merchant: undefined, env });
    expect(checked).toEqual({
      data: {
        dryRun: true,
        lines: 3,
        done: 1,
        bad: 1,
        blank: 0,
        names: 1,
        left: 0,
        rows: 2,
        warned: 0,
        warnings: [],
        badLines: [{ line: 3, problems: ['qty must be a whole number from 0 to 2147483647, not "x"'] }],
      },
      text: '3 lines = 1 good + 1 bad + 0 blank + 1 of column names. Checked, and nothing was imported.',
      exitCode: 1,
    });
    expect(await run(csv('P,W,5'), { dryRun: true, env })).toMatchObject({
      text: '2 lines = 1 good + 0 bad + 0 blank + 1 of column names. Checked, and nothing was imported.',
      exitCode: 0,
    });
    expect(await run(csv('P,W,5'))).toMatchObject({ data: { created: 1 } });
  });
});

test('tabs, by the name of the file', async ({ run, files }) => {
  const file = files.write('productId\twarehouseId\tqty\nP\tW\t5\n', 'TSV');
  expect(await run(file, { dryRun: true })).toMatchObject({ data: { done: 1, bad: 0 }, exitCode: 0 });
});

describe('used wrongly', () => {
  const empty = (files: ImportFiles): string => files.write('productId,warehouseId,qty\n');
  const cases: {
    name: string;
    file: (files: ImportFiles) => string;
    options?: Partial<ImportCommandOptions>;
    expected: string;
  }[] = [
    {
      name: 'a file of no known format',
      file: (files) => files.write('', 'xlsx'),
      expected: 'the file name does not tell the format: give --format',
    },
    {
      name: 'a header that will not do',
      file: (files) => files.write('product,qty\n'),
      expected: 'there is no column "product"',
    },
    { name: 'an empty file', file: (files) => files.write(''), expected: 'the file is empty' },
    {
      name: 'an import id with a space',
      file: empty,
      options: { importId: 'a b' },
      expected: '--import-id must have 1 to 200 printable ASCII characters, without spaces',
    },
    {
      name: 'an import id that is too long',
      file: empty,
      options: { importId: 'a'.repeat(201) },
      expected: '--import-id must have',
    },
    {
      name: 'an actor that is too long',
      file: empty,
      options: { actor: 'a'.repeat(256) },
      expected: '--actor must have 1 to 255 characters',
    },
    ...(
      [
        [
          '--delimiter of two',
          { delimiter: ';;' },
          '--delimiter must be one character such as , or ; or the word tab, not ";;"',
        ],
        ['--delimiter of a quote', { delimiter: '"' }, '--delimiter must be one character'],
        ['--delimiter of JSON Lines', { delimiter: ';', format: 'jsonl' }, '--delimiter is for CSV'],
        [
          '--map without a target',
          { map: ['Qty'] },
          `--map: "Qty" is not theirs=ours, such as 'On hand=qty'`,
        ],
        [
          '--map to what is no column',
          { map: ['Qty=quantity'] },
          '--map: there is no column "quantity" (the columns are id, productId, skuId',
        ],
        [
          '--map to a misspelt column',
          { map: ['a=b=product_ID,c=qty'] },
          '--map: there is no column "product_ID" (is it productId?)',
        ],
        [
          '--map twice to one column',
          { map: ['A, b=qty', 'C=qty'] },
          '--map: "A, b" and "C" cannot both be qty',
        ],
        [
          '--map of what the file has not',
          { map: ['Qty=qty'] },
          '--map names "Qty", and the columns of the file are "productId", "warehouseId", "qty"',
        ],
        ['--default without a value', { default: ['qty='] }, '--default: "qty=" is not ours=value'],
        ['--default of no column', { default: ['quantity=5'] }, '--default: there is no column "quantity"'],
        ['--default twice', { default: ['qty=5', 'qty=6'] }, '--default gives qty twice'],
        ['--default that is no value', { default: ['qty=x'] }, '--default: qty must be a whole number'],
      ] as const
    ).map(([name, options, expected]) => ({ name, file: empty, options, expected })),
    {
      name: 'no merchant where there are several',
      file: empty,
      options: { merchant: undefined },
      expected: 'merchants: choose one with --merchant',
    },
  ];
  test.for(cases)('$name', async ({ file, options, expected }, { run, files, inStock }) => {
    const error = await run(file(files), options).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(expected);
    expect(await inStock()).toEqual({});
  });

  test.for<[name: string, options: Partial<ImportCommandOptions>, expected: string]>([
    ['a merchant that there is not', { merchant: 'mer_none' }, 'there is no merchant mer_none'],
    ['a file that there is not', { file: '/nowhere/stock.csv' }, 'there is no file /nowhere/stock.csv'],
    ['standard input', { file: '-' }, 'standard input cannot be used'],
    ['a folder', { file: tmpdir(), format: 'csv' as const }, 'is not a regular file'],
  ])('%s', async ([_, options, expected], { run, csv }) => {
    await expect(run(csv('P,W,5'), options)).rejects.toThrow(expected);
  });

  test('without --merchant: the only one there is; with none, it says so', async ({ run, csv }) => {
    const database = await createTestDatabase();
    try {
      const env = { DATABASE_URL: database.url };
      const file = csv('P,W,5');
      await expect(run(file, { merchant: undefined, env })).rejects.toThrow('there is no merchant yet');
      await database.query("INSERT INTO merchants (merchant_id, name) VALUES ('mer_only', 'Only')");
      expect(await run(file, { merchant: undefined, env })).toMatchObject({
        data: { merchantId: 'mer_only', created: 1 },
      });
    } finally {
      await database.drop();
    }
  });
});
