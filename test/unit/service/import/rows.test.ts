import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../../src/service/import/reading/csv.js';
import { readJsonLines } from '../../../../src/service/import/reading/json-lines.js';
import { isPassedOver, type Row, UnusableFile } from '../../../../src/service/import/reading/line.js';
import { LINE_BYTES_MAX, readLines } from '../../../../src/service/import/reading/read-lines.js';
import { type ColumnRules, plainRules } from '../../../../src/service/import/rows/column-rules.js';
import type { Column } from '../../../../src/service/import/rows/columns.js';
import { receiptOf } from '../../../../src/service/import/rows/row-receipt.js';

async function* chunksOf(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < content.length; i += bytes) yield content.subarray(i, i + bytes);
}

interface Reading {
  readonly format?: 'csv' | 'jsonl';
  /** Size of the chunks in which the file comes. */
  readonly bytes?: number;
  readonly rules?: Partial<ColumnRules>;
  readonly delimiter?: string;
}

async function rowsOf(content: string | Buffer, reading: Reading = {}): Promise<Row[]> {
  const { format = 'csv', bytes = 65_536, delimiter } = reading;
  const rules = { ...plainRules, ...reading.rules };
  const lines = readLines(chunksOf(Buffer.from(content), bytes));
  const rows: Row[] = [];
  const groups = format === 'csv' ? readCsv(lines, rules, delimiter) : readJsonLines(lines, rules);
  for await (const group of groups) rows.push(...group);
  return rows;
}

/** `2: {…}` or `2: what is wrong`; `2-4` for a row of several lines. */
async function told(content: string | Buffer, reading: Reading = {}): Promise<string[]> {
  return (await rowsOf(content, reading)).flatMap((row) => {
    if (isPassedOver(row)) return [];
    const place = row.lines === 1 ? `${row.line}` : `${row.line}-${row.line + row.lines - 1}`;
    const receipt = receiptOf(row);
    if (Array.isArray(receipt)) return [`${place}: ${receipt.join('; ')}`];
    const { details, qty, reference, notes } = receipt;
    const given = Object.entries({ ...details, qty, reference, notes }).filter(
      ([, value]) => value !== '' && value !== 0 && JSON.stringify(value) !== '{}',
    );
    return [`${place}: ${JSON.stringify(Object.fromEntries(given))}`];
  });
}

const H = 'productId,warehouseId,qty\n';
const N = 'productId,warehouseId,qty,notes\n';
const P = '{"productId":"P","warehouseId":"W","qty":5}';
const whole = 'must be a whole number from 0 to 2147483647';
const oddQuote = 'has a quote in the wrong place: quote the whole value, and double each quote inside it';

const cutNumber =
  ': a spreadsheet has shortened a long number, and the missing digits are lost; export the column as text';
const nothing = 'holds only blanks and invisible characters';
const swallowed = (line: number): string =>
  `hold a quoted value with line ends, and line ${line} in it reads as a complete row: is a quote missing?`;

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
        '3-4: {"productId":"P","warehouseId":"W","qty":5,"notes":"two\\nlines"}',
        '5-6: {"productId":"P","warehouseId":"W","qty":5,"notes":"two\\nlines"}',
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
        `20003: ${oddQuote}`,
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
    {
      name: 'quotes inside unquoted values cost their lines, and none between them',
      file: `${N}a,W,10,\nb,W,3,5" pipe\nc,W,20,\nd,W,30,\nb,W,3,6" pipe\ne,W,50,\n`,
      told: [
        '2: {"productId":"a","warehouseId":"W","qty":10}',
        `3: ${oddQuote}`,
        '4: {"productId":"c","warehouseId":"W","qty":20}',
        '5: {"productId":"d","warehouseId":"W","qty":30}',
        `6: ${oddQuote}`,
        '7: {"productId":"e","warehouseId":"W","qty":50}',
      ],
    },
    {
      name: 'a quote that opens, and another that happens to close it: the rows between are not lost in a text',
      file: `${N}a,W,10,"\nb,W,20,\nc,W,30,"\nd,W,40,`,
      told: [`2-4: ${swallowed(3)}`, '5: {"productId":"d","warehouseId":"W","qty":40}'],
    },
    {
      name: 'a quote that opens, and another that opens later',
      file: `${N}"a,W,10,\nb,W,20,\n"c,W,30,\nd`,
      told: [
        '2: has a quote that is not closed',
        '3: {"productId":"b","warehouseId":"W","qty":20}',
        '4: has a quote that is not closed',
        '5: has 1 value for 4 columns',
      ],
    },
    {
      name: 'a row that is lost in a text with the next line',
      file: `${N}a,W,10,"x\nc,W,30,5"\nd,W,40,`,
      told: [`2-3: ${swallowed(3)}`, '4: {"productId":"d","warehouseId":"W","qty":40}'],
    },
    {
      name: 'a row with more delimiters than columns is one as well',
      file: 'notes,productId,warehouseId,qty\n"a\nx,P,W,5,,\nb",P,W,5',
      told: [`2-4: ${swallowed(3)}`],
    },
    {
      name: 'a value with line ends before the others is no such row',
      file: 'notes,productId,warehouseId,qty\n"a\nb",P,W,5\n"a\n\n\nb",P,W,5',
      told: [
        '2-3: {"productId":"P","warehouseId":"W","qty":5,"notes":"a\\nb"}',
        '4-7: {"productId":"P","warehouseId":"W","qty":5,"notes":"a\\n\\n\\nb"}',
      ],
    },
    {
      name: 'rows without values are blank',
      file: `${N}P,W,5,\n,,,\n , ,\t,\n"","",,\n,,,,,,\n,\nP,W,5,`,
      told: [`2: ${P}`, `8: ${P}`],
    },
    {
      name: 'empty values after the last column',
      file: `${H}P,W,5,,\nP,W,5,,x`,
      told: [`2: ${P}`, '3: has 5 values for 3 columns'],
    },
    {
      name: 'a column without a name, empty and not',
      file: `productId,warehouseId,qty,,\nP,W,5,,\nP,W,5,,x`,
      told: [`2: ${P}`, '3: has a value in column 5, which has no name'],
    },
    {
      name: 'CR, as old spreadsheets write it',
      file: 'productId,warehouseId,qty\rP,W,5\rP,W,5',
      told: [`2: ${P}`, `3: ${P}`],
    },
    {
      name: 'line ends of all kinds',
      file: 'productId,warehouseId,qty\r\nP,W,5\rP,W,5\n\r\n\rP,W,5',
      told: [`2: ${P}`, `3: ${P}`, `6: ${P}`],
    },
    { name: 'semicolons', file: 'productId;warehouseId;qty\nP;W;5', told: [`2: ${P}`] },
    { name: 'tabs', file: 'productId\twarehouseId\tqty\nP\tW\t5', told: [`2: ${P}`] },
    {
      name: 'an empty value before a tab',
      file: 'skuId\tproductId\twarehouseId\tqty\n\tP\tW\t5',
      told: [`2: ${P}`],
    },
    {
      name: 'a line that says the delimiter',
      file: '\ufeffsep=;\r\nproductId;warehouseId;qty\r\nP;W;5',
      told: [`3: ${P}`],
    },
    {
      name: 'the same, saved by a spreadsheet',
      file: '"sep=,",,\nproductId,warehouseId,qty\nP,W,5',
      told: [`3: ${P}`],
    },
    {
      name: 'another delimiter, said by such a line',
      file: 'SEP=| \nproductId|warehouseId|qty\nP|W|5',
      told: [`3: ${P}`],
    },
    {
      name: 'UTF-16, little endian',
      file: Buffer.from(`\ufeff${N}P,W,5,Lager Zürich 🏔\r\n\nP,W,5,\u0a0d\u0d0a\n`, 'utf16le'),
      told: [
        '2: {"productId":"P","warehouseId":"W","qty":5,"notes":"Lager Zürich 🏔"}',
        '4: {"productId":"P","warehouseId":"W","qty":5,"notes":"\u0a0d\u0d0a"}',
      ],
    },
    {
      name: 'UTF-16, big endian, cut in the middle of a character',
      file: Buffer.concat([Buffer.from(`\ufeff${H}P,W,5\n`, 'utf16le').swap16(), Buffer.from([0])]),
      told: [`2: ${P}`, '3: is not UTF-16'],
    },
    {
      name: 'half a character in UTF-16',
      file: Buffer.from(`\ufeff${H}\ud83d,W,5\nP,W,5`, 'utf16le'),
      told: ['2: is not UTF-16', `3: ${P}`],
    },
    ...['5.0', '5.00', '5.000'].map((qty) => ({
      name: `${qty} units`,
      file: `${H}P,W,${qty}`,
      told: [`2: ${P}`],
    })),
    {
      name: 'whole numbers of where the comma is the decimal mark',
      file: `productId;warehouseId;qty\nP;W;5,0\nP;W;5.00\nP;W;5,5\nP;W;5.000\nP;W;5,000`,
      told: [
        `2: ${P}`,
        `3: ${P}`,
        `4: qty ${whole}, not "5,5"`,
        '5: qty is 5.000, which may be 5 or 5000: write it without a mark',
        `6: qty is 5,000, which may be 5 or 5000: write it without a mark; qty ${whole}, not "5,000"`,
      ],
    },
    {
      name: 'thousands with a comma',
      file: `${H}P,W,"5,000"`,
      told: [`2: qty ${whole}, not "5,000"`],
    },
    {
      name: 'ids in scientific notation, and some that only look like it',
      file: `${H}8.85909E+11,W,5\nP,1E+5,5\n"8,85909e+11",W,5\n8.8E11,W,5\n1E5,W,5\n'1.5E+3,W,5`,
      told: [
        `2: productId is 8.85909E+11${cutNumber}`,
        `3: warehouseId is 1E+5${cutNumber}`,
        `4: productId is 8,85909e+11${cutNumber}`,
        `5: productId is 8.8E11${cutNumber}`,
        '6: {"productId":"1E5","warehouseId":"W","qty":5}',
        `7: {"productId":"1.5E+3","warehouseId":"W","qty":5}`,
      ],
    },
    {
      name: 'ids that show as nothing',
      file: `${H}\u00a0,W,5\nP,"\u200b ",5`,
      told: [`2: productId ${nothing}`, `3: warehouseId ${nothing}`],
    },
    {
      name: 'apostrophes of exporters, and others',
      file: `${N}'00123,'s-Hertogenbosch,'5,'=1+1\n'-X,W,5,'90s\n'@P,W,5,'12.5\n''P,W,5,'+`,
      told: [
        '2: {"productId":"00123","warehouseId":"\'s-Hertogenbosch","qty":5,"notes":"=1+1"}',
        '3: {"productId":"-X","warehouseId":"W","qty":5,"notes":"\'90s"}',
        '4: {"productId":"@P","warehouseId":"W","qty":5,"notes":"12.5"}',
        '5: {"productId":"\'\'P","warehouseId":"W","qty":5,"notes":"+"}',
      ],
    },
    { name: 'NUL', file: `${H}P\0,W,5`, told: ['2: productId must not contain the character NUL'] },
  ];

  test.each(cases)('$name', async ({ file, told: expected }) => {
    expect(await told(file)).toEqual(expected);
  });

  test.each(cases.filter(({ file }) => file.length < 2000))(
    '$name, byte by byte',
    async ({ file, told: expected }) => {
      expect(await told(file, { bytes: 1 })).toEqual(expected);
    },
  );

  const unusable: [string, string | Buffer, string][] = [
    ['an empty file', '', 'the file is empty'],
    ['only empty lines', '\n \n', 'the file is empty'],
    ['a column that there is not', `productId,colour,warehouseId,qty\n`, 'there is no column "colour"'],
    ['a column twice', 'productId,qty,warehouseId,product_id\n', 'the column productId appears twice'],
    ['missing columns', 'productId\n', 'the column warehouseId is missing; the column qty is missing'],
    [
      'no line of names',
      'P,W,5\n',
      'there are no columns "P", "W", "5": use --map theirs=ours, or skip with --ignore-unknown-columns',
    ],
    ['UTF-16 without a mark', Buffer.from(H, 'utf16le'), 'it looks like UTF-16 without a byte order mark'],
    [
      'names in another encoding',
      Buffer.from('productId,\xe9', 'latin1'),
      'the line with the names of the columns is not UTF-8',
    ],
    ['names with a quote in the wrong place', 'product"Id,qty\n', 'has a quote in the wrong place'],
    ['names with a quote that is not closed', '"productId,qty\nP,5', 'has a quote that is not closed'],
    [
      'names like ours',
      'Product ID,QTY\n',
      'there are no columns "Product ID", "QTY": use --map \'Product ID=productId\'',
    ],
    [
      'another delimiter',
      'productId|warehouseId|qty\n',
      'they were read with the delimiter ,; --delimiter names another',
    ],
  ];
  test.each(unusable)('%s', async (_, file, message) => {
    const rows = rowsOf(file);
    await expect(rows).rejects.toThrow(UnusableFile);
    await expect(rows).rejects.toThrow(message);
  });
});

describe('rules for columns', () => {
  const map = new Map<string, Column[]>([
    ['SKU', ['productId', 'skuId']],
    ['On hand, new', ['qty']],
    ['qty', ['notes']],
  ]);
  test('map, ignore, default', async () => {
    const rules = { map, ignoreUnknown: true, defaults: { warehouseId: 'W', qty: '0', notes: 'none' } };
    const file = 'SKU,qty,"On hand, new",colour,\nP,,5,red,x\nQ,6,,,\n,,,,\n,,,red,\n';
    expect(await told(file, { rules })).toEqual([
      '2: {"productId":"P","skuId":"P","warehouseId":"W","qty":5,"notes":"none"}',
      '3: {"productId":"Q","skuId":"Q","warehouseId":"W","notes":"6"}',
      '5: productId is missing',
    ]);
    const lines = '{"SKU":"P","On hand, new":5,"colour":"red"}\n{"SKU":"Q","qty":"6"}';
    expect(await told(lines, { format: 'jsonl', rules })).toEqual([
      '1: {"productId":"P","skuId":"P","warehouseId":"W","qty":5,"notes":"none"}',
      '2: {"productId":"Q","skuId":"Q","warehouseId":"W","notes":"6"}',
    ]);
  });

  test.each([
    [
      'a mapped name that is not there',
      'SKU,warehouseId,On hand',
      'the columns of the file are "SKU", "warehouseId", "On hand"',
    ],
    [
      'a column by two names',
      'SKU,"On hand, new",qty,warehouseId,skuId',
      'the column skuId appears twice, as "SKU", "skuId"',
    ],
    [
      'an unknown column next to mapped ones',
      'SKU,"On hand, new",qty,warehouseId,colour',
      'there is no column "colour"',
    ],
  ])('%s', async (_, file, message) => {
    await expect(rowsOf(`${file}\n`, { rules: { map } })).rejects.toThrow(message);
  });

  test('a mapped name that no line of JSON has', async () => {
    const reading = { format: 'jsonl' as const, rules: { map } };
    await expect(rowsOf(`${P}\n{"SKU":"P"}\n`, reading)).rejects.toThrow(
      '--map names "On hand, new", which no line has',
    );
  });

  test('the delimiter that is given wins', async () => {
    expect(
      await told('productId|warehouseId,x|qty\nP|W|5', {
        delimiter: '|',
        rules: { ignoreUnknown: true, defaults: { warehouseId: 'W' } },
      }),
    ).toEqual([`2: ${P}`]);
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
    {
      name: 'a name twice, however it is written',
      file:
        `${P.replace('}', ',"qty":7}')}\n${P.replace('}', ',"q\\u0074y" : 7}')}\n` +
        `${P.replace('}', ',"variantAttributes":{"a":"\\"}","a":"qty"}}')}\n` +
        P.replace('}', ',"variantAttributes":{"qty":"[\\"","a\\"":"qty"}}'),
      told: [
        '1: has the field "qty" twice',
        '2: has the field "qty" twice',
        '3: has the field "a" twice',
        '4: {"productId":"P","warehouseId":"W","variantAttributes":{"qty":"[\\"","a\\"":"qty"},"qty":5}',
      ],
    },
    { name: 'a field twice', file: line({ product_id: 'Q' }), told: ['1: has productId twice'] },
    {
      name: 'a number for a text',
      file: line({ productId: 7 }),
      told: ['1: productId must be a text, not 7'],
    },
    { name: '5.0', file: '{"productId":"P","warehouseId":"W","qty":5.0}', told: [`1: ${P}`] },
    {
      name: 'an id in scientific notation',
      file: line({ skuId: '8.85909E+11' }),
      told: [`1: skuId is 8.85909E+11${cutNumber}`],
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
    {
      name: 'an attribute whose name no object can have',
      file: line({ variantAttributes: JSON.parse('{"__proto__":"M"}') }),
      told: ['1: variantAttributes must not have the name __proto__'],
    },
  ];
  test.each(cases)('$name', async ({ file, told: expected }) => {
    expect(await told(file, { format: 'jsonl' })).toEqual(expected);
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
    const [fits, fitsToo, long] = await told(file, { format: 'jsonl' });
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
    const [said] = await told(line, { format: 'jsonl' });
    expect(said).toEqual(
      problem === undefined ? expect.stringMatching(/^1: {/) : `1: variantAttributes ${problem}`,
    );
  });
});

test('rows say where in the file they end', async () => {
  const file = `${H}P,W,5\r\nP,W,5,"x\ny"\n`;
  expect((await rowsOf(file)).map((row) => row.endByte)).toEqual([H.length, H.length + 7, file.length]);
});
