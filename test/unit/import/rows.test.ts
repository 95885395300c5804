import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../src/service/import/csv.js';
import { receiptOf } from '../../../src/service/import/import-rows.js';
import { readJsonLines } from '../../../src/service/import/json-lines.js';
import { type Row, UnusableFile } from '../../../src/service/import/line.js';
import { LINE_BYTES_MAX, readLines } from '../../../src/service/import/read-lines.js';

async function* chunksOf(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < content.length; i += bytes) yield content.subarray(i, i + bytes);
}

/** The rows of a file that comes in chunks of so many bytes. */
async function rowsOf(content: string | Buffer, format: 'csv' | 'jsonl', bytes = 65_536): Promise<Row[]> {
  const lines = readLines(chunksOf(Buffer.from(content), bytes));
  const rows: Row[] = [];
  for await (const group of format === 'csv' ? readCsv(lines) : readJsonLines(lines)) rows.push(...group);
  return rows;
}

/** `2: {…}` or `2: what is wrong`. */
async function told(
  content: string | Buffer,
  format: 'csv' | 'jsonl' = 'csv',
  bytes?: number,
): Promise<string[]> {
  return (await rowsOf(content, format, bytes)).map((row) => {
    const receipt = receiptOf(row);
    if (Array.isArray(receipt)) return `${row.line}: ${receipt.join('; ')}`;
    const { details, qty, reference, notes } = receipt;
    const given = Object.entries({ ...details, qty, reference, notes }).filter(
      ([, value]) => value !== '' && value !== 0 && JSON.stringify(value) !== '{}',
    );
    return `${row.line}: ${JSON.stringify(Object.fromEntries(given))}`;
  });
}

const H = 'productId,warehouseId,qty\n';
const N = 'productId,warehouseId,qty,notes\n';
const P = '{"productId":"P","warehouseId":"W","qty":5}';
const whole = 'must be a whole number from 0 to 2147483647';
const oddQuote =
  'has a quote in the wrong place: a quoted value is quoted whole, and a quote in it is written twice';

describe('CSV', () => {
  const cases: { name: string; file: string | Buffer; told: string[] }[] = [
    { name: 'a line', file: `${H}P,W,5\n`, told: [`2: ${P}`] },
    { name: 'no end of the last line', file: `${H}P,W,5`, told: [`2: ${P}`] },
    { name: 'CR LF', file: 'productId,warehouseId,qty\r\nP,W,5\r\n', told: [`2: ${P}`] },
    { name: 'a byte order mark', file: `\ufeff${H}P,W,5`, told: [`2: ${P}`] },
    { name: 'columns in another order', file: 'qty,productId,warehouseId\n5,P,W', told: [`2: ${P}`] },
    { name: 'names with underscores', file: 'qty,product_id,warehouse_id\n5,P,W', told: [`2: ${P}`] },
    { name: 'quoted names', file: '"qty" , "productId","warehouseId"\n5,P,W', told: [`2: ${P}`] },
    { name: 'space around values', file: `${H} P , W ,\t5 \n`, told: [`2: ${P}`] },
    {
      name: 'space inside quotes',
      file: `${H}" P",W,5`,
      told: ['2: {"productId":" P","warehouseId":"W","qty":5}'],
    },
    { name: 'empty lines', file: `\n${H}\n  \nP,W,5\n\n`, told: [`5: ${P}`] },
    {
      name: 'commas, quotes and line ends in quotes; lines are counted as an editor counts them',
      file: `${N}P,W,5,"a ""b"", c"\nP,W,5,"two\nlines"\r\nP,W,5,"two\r\nlines"\nP,W,5\n`,
      told: [
        '2: {"productId":"P","warehouseId":"W","qty":5,"notes":"a \\"b\\", c"}',
        '3: {"productId":"P","warehouseId":"W","qty":5,"notes":"two\\nlines"}',
        '5: {"productId":"P","warehouseId":"W","qty":5,"notes":"two\\nlines"}',
        '7: has 3 values for 4 columns',
      ],
    },
    {
      name: 'every column',
      file:
        'productId,skuId,warehouseId,warehouseName,qty,location,reorderLevel,reorderQty,variantAttributes,reference,notes\n' +
        'P,S,W,Lager Zürich 🏔,5,A1,3,9,"{""colour"":""røð""}",PO-1,näher',
      told: [
        '2: {"productId":"P","skuId":"S","warehouseId":"W","warehouseName":"Lager Zürich 🏔","location":"A1","reorderLevel":3,"reorderQty":9,"variantAttributes":{"colour":"røð"},"qty":5,"reference":"PO-1","notes":"näher"}',
      ],
    },
    { name: 'nothing but names', file: H, told: [] },
    { name: 'no units', file: `${H}P,W,0`, told: ['2: {"productId":"P","warehouseId":"W"}'] },
    { name: 'the most units', file: `${H}P,W,2147483647`, told: [`2: ${P.replace('5', '2147483647')}`] },
    ...['2147483648', '-1', '1.5', '1e3', '0x10', 'five', '٣', '99999999999999999999'].map((qty) => ({
      name: `${qty} units`,
      file: `${H}P,W,${qty}\nP,W,5`,
      told: [`2: qty ${whole}, not "${qty}"`, `3: ${P}`],
    })),
    {
      name: 'all that is wrong with a line',
      file: 'productId,warehouseId,qty,reorderLevel,variantAttributes\n,W,,x,red\n',
      told: [
        `2: productId is missing; reorderLevel ${whole}, not "x"; ` +
          'variantAttributes must be a JSON object such as {"colour": "red"}; qty is missing',
      ],
    },
    {
      name: 'too many values',
      file: `${H}P,W,5,6\nP,W,5`,
      told: ['2: has 4 values for 3 columns', `3: ${P}`],
    },
    { name: 'a quote inside a value', file: `${H}P"x",W,5\nP,W,5`, told: [`2: ${oddQuote}`, `3: ${P}`] },
    { name: 'a value after a quoted one', file: `${H}"P"x,W,5\nP,W,5`, told: [`2: ${oddQuote}`, `3: ${P}`] },
    {
      name: 'a quote that is never closed costs its line, and no other',
      file: `${H}P,W,5\n"P,W,5\nP,W,5\nP,W,5\n`,
      told: [`2: ${P}`, '3: has a quote that is not closed', `4: ${P}`, `5: ${P}`],
    },
    {
      name: 'a quote that is closed far away',
      file: `${N}P,W,5,"a\n${'P,W,5,\n'.repeat(20_000)}P,W,5,b"\nP,W,5,`,
      told: [
        '2: has a quote that is not closed',
        ...Array.from({ length: 20_000 }, (_, i) => `${i + 3}: ${P}`),
        `20003: has a quote that is not closed`,
        `20004: ${P}`,
      ],
    },
    {
      name: 'a line that is too long',
      file: `${H}${'P'.repeat(LINE_BYTES_MAX + 1)},W,5\nP,W,5`,
      told: [`2: is longer than ${LINE_BYTES_MAX} bytes`, `3: ${P}`],
    },
    {
      name: 'a line in another encoding',
      file: Buffer.concat([Buffer.from(`${H}Caf`), Buffer.from([0xe9]), Buffer.from(',W,5\nP,W,5')]),
      told: ['2: is not UTF-8', `3: ${P}`],
    },
    { name: 'NUL', file: `${H}P\0,W,5`, told: ['2: productId must not contain the character NUL'] },
  ];

  test.each(cases)('$name', async ({ file, told: expected }) => {
    expect(await told(file)).toEqual(expected);
  });

  test.each(cases.filter(({ file }) => file.length < 2000))(
    '$name, byte by byte',
    async ({ file, told: expected }) => {
      expect(await told(file, 'csv', 1)).toEqual(expected);
    },
  );

  const unusable: [string, string | Buffer, string][] = [
    ['an empty file', '', 'the file is empty'],
    ['only empty lines', '\n \n', 'the file is empty'],
    ['a column that there is not', `productId,colour,warehouseId,qty\n`, 'there is no column "colour"'],
    ['a column twice', 'productId,qty,warehouseId,product_id\n', 'the column productId is there twice'],
    ['missing columns', 'productId\n', 'the column warehouseId is missing; the column qty is missing'],
    ['no line of names', 'P,W,5\n', 'there is no column "P"; there is no column "W"; there is no column "5"'],
    ['UTF-16', Buffer.from(`\ufeff${H}`, 'utf16le'), 'the line with the names of the columns is not UTF-8'],
  ];
  test.each(unusable)('%s', async (_, file, message) => {
    const rows = rowsOf(file, 'csv');
    await expect(rows).rejects.toThrow(UnusableFile);
    await expect(rows).rejects.toThrow(message);
  });
});

describe('JSON Lines', () => {
  const line = (fields: object): string =>
    JSON.stringify({ productId: 'P', warehouseId: 'W', qty: 5, ...fields });
  const cases: { name: string; file: string; told: string[] }[] = [
    { name: 'a line', file: P, told: [`1: ${P}`] },
    {
      name: 'several, with empty ones, CR LF and a byte order mark',
      file: `\ufeff${P}\r\n\r\n${P}\n`,
      told: [`1: ${P}`, `3: ${P}`],
    },
    {
      name: 'null and empty texts are not given',
      file: line({ skuId: null, location: '' }),
      told: [`1: ${P}`],
    },
    {
      name: 'names with underscores',
      file: '{"product_id":"P","warehouse_id":"W","qty":5}',
      told: [`1: ${P}`],
    },
    {
      name: 'attributes as an object',
      file: line({ variantAttributes: { size: 'M', __proto__x: '' } }),
      told: [
        '1: {"productId":"P","warehouseId":"W","variantAttributes":{"size":"M","__proto__x":""},"qty":5}',
      ],
    },
    { name: 'bad JSON', file: `{"productId":\n${P}`, told: ['1: is not JSON', `2: ${P}`] },
    {
      name: 'no object',
      file: `[1]\n5\nnull\n${P}`,
      told: ['1: is not a JSON object', '2: is not a JSON object', '3: is not a JSON object', `4: ${P}`],
    },
    {
      name: 'a field that there is not',
      file: line({ colour: 'red' }),
      told: ['1: has an unknown field "colour"'],
    },
    { name: 'a field twice', file: line({ product_id: 'Q' }), told: ['1: has productId twice'] },
    {
      name: 'a number for a text',
      file: line({ productId: 7 }),
      told: ['1: productId must be a text, not 7'],
    },
    ...[5.5, -1, 2147483648, true, [5]].map((qty) => ({
      name: `qty ${JSON.stringify(qty)}`,
      file: line({ qty }),
      told: [`1: qty ${whole}, not ${JSON.stringify(qty)}`],
    })),
    {
      name: 'half a character',
      file: '{"productId":"\\ud83d","warehouseId":"W","qty":1}',
      told: ['1: productId must not contain half a character'],
    },
    {
      name: 'attributes that are a list',
      file: line({ variantAttributes: ['M'] }),
      told: ['1: variantAttributes must be a JSON object such as {"colour": "red"}'],
    },
    {
      name: 'an attribute that is no text',
      file: line({ variantAttributes: { size: 5 } }),
      told: ['1: variantAttributes has a value of "size" that must be a text, not 5'],
    },
    {
      name: 'an attribute without a name',
      file: line({ variantAttributes: { '': 'M' } }),
      told: ['1: variantAttributes must not have an empty name'],
    },
  ];
  test.each(cases)('$name', async ({ file, told: expected }) => {
    expect(await told(file, 'jsonl')).toEqual(expected);
  });
});

describe('bounds, in characters', () => {
  const bounds: [string, number][] = [
    ['productId', 128],
    ['skuId', 128],
    ['warehouseId', 128],
    ['warehouseName', 256],
    ['location', 256],
    ['reference', 128],
    ['notes', 1024],
  ];
  test.each(bounds)('%s: %i', async (column, max) => {
    const line = (text: string): string =>
      JSON.stringify({ productId: 'P', warehouseId: 'W', qty: 5, [column]: text });
    const file = [line('n'.repeat(max)), line('🏔'.repeat(max)), line('n'.repeat(max + 1))].join('\n');
    const [fits, fitsToo, long] = await told(file, 'jsonl');
    expect([fits, fitsToo]).toEqual([expect.stringMatching(/^1: {/), expect.stringMatching(/^2: {/)]);
    expect(long).toBe(`3: ${column} must have at most ${max} characters`);
  });

  const pairs = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, '']));
  const attributes: [string, object, string | undefined][] = [
    ['50 pairs', pairs(50), undefined],
    ['51 pairs', pairs(51), 'must have at most 50 pairs'],
    ['a name of 64', { ['n'.repeat(64)]: '' }, undefined],
    ['a name of 65', { ['n'.repeat(65)]: '' }, 'has a name that must have at most 64 characters'],
    ['a value of 256', { a: 'v'.repeat(256) }, undefined],
    ['a value of 257', { a: 'v'.repeat(257) }, 'has a value of "a" that must have at most 256 characters'],
    ['a value with NUL', { a: '\0' }, 'has a value of "a" that must not contain the character NUL'],
  ];
  test.each(attributes)('attributes: %s', async (_, variantAttributes, problem) => {
    const line = JSON.stringify({ productId: 'P', warehouseId: 'W', qty: 5, variantAttributes });
    const [said] = await told(line, 'jsonl');
    expect(said).toEqual(
      problem === undefined ? expect.stringMatching(/^1: {/) : `1: variantAttributes ${problem}`,
    );
  });
});

test('rows tell where in the file they end', async () => {
  const file = `${H}P,W,5\r\nP,W,5,"x\ny"\n`;
  expect((await rowsOf(file, 'csv')).map((row) => row.endByte)).toEqual([H.length + 7, file.length]);
});
