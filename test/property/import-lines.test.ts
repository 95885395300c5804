import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRows } from '../../src/service/import/check-rows.js';
import { allLines } from '../../src/service/import/line-counts.js';
import { readCsv } from '../../src/service/import/reading/csv.js';
import { readJsonLines } from '../../src/service/import/reading/json-lines.js';
import type { Lines, Row } from '../../src/service/import/reading/line.js';
import { readLines } from '../../src/service/import/reading/read-lines.js';
import { plainRules } from '../../src/service/import/rows/column-rules.js';
import { receiptOf } from '../../src/service/import/rows/row-receipt.js';

/** Draws broken files, and counts their lines. Each good line has a number, so that the test sees which are missing. */
const eol = fc.constantFrom('\n', '\r\n', '\r');
const delimiter = fc.constantFrom(',', ';', '\t');
/** Texts that break a file, or look as if they did. */
const shred = fc.constantFrom(
  '"',
  '""',
  '"x',
  'x"',
  ' "',
  '" ',
  '5" pipe',
  '\0',
  '\ufeff',
  ' ',
  '\u00a0',
  '\u2028',
  "'",
  'x',
  '1',
  'sep=;',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '{',
  '}',
  '{}',
  'null',
);
const shreds = fc.array(shred, { maxLength: 12 }).map((parts) => parts.join(''));

const good = (i: number, d: string): string => `P${i}${d}W${d}5${d}`;
const goodJson = (i: number): string => `{"productId":"P${i}","warehouseId":"W","qty":5}`;
/** Undefined: a good line. */
const part = fc.option(shreds, { freq: 1, nil: undefined });

const file = fc.record({
  format: fc.constantFrom('csv' as const, 'csv' as const, 'jsonl' as const),
  mark: fc.boolean(),
  encoding: fc.constantFrom('utf8' as const, 'utf8' as const, 'utf16le' as const, 'utf16be' as const),
  delimiter,
  sep: fc.boolean(),
  parts: fc.array(fc.tuple(part, eol), { maxLength: 14 }),
  /** Bytes of another encoding, and where. */
  noise: fc.array(fc.tuple(fc.nat(), fc.constantFrom(0x00, 0x22, 0x80, 0xc3, 0xd8, 0xff)), { maxLength: 3 }),
  cut: fc.option(fc.nat(), { freq: 3 }),
  chunkBytes: fc.integer({ min: 1, max: 40 }),
});
type Drawn = typeof file extends fc.Arbitrary<infer T> ? T : never;

function contentOf(drawn: Drawn): { content: Buffer; headBytes: number } {
  const { format, delimiter: d, parts, encoding } = drawn;
  const isWide = encoding !== 'utf8';
  const head =
    format === 'jsonl' ? '' : `${drawn.sep ? `sep=${d}\r\n` : ''}productId${d}warehouseId${d}qty${d}notes\n`;
  const mark = drawn.mark || isWide ? '\ufeff' : '';
  const body = parts
    .map(([text, end], i) => `${text ?? (format === 'csv' ? good(i, d) : goodJson(i))}${end}`)
    .join('');
  const bytes = (text: string): Buffer => {
    const units = Buffer.from(text, isWide ? 'utf16le' : 'utf8');
    return encoding === 'utf16be' ? units.swap16() : units;
  };
  const headBytes = bytes(mark + head).length;
  let content = bytes(mark + head + body);
  for (const [at, byte] of drawn.noise) {
    const place = headBytes + (content.length > headBytes ? at % (content.length - headBytes) : 0);
    if (place < content.length) content[place] = byte;
  }
  if (drawn.cut !== null)
    content = content.subarray(0, headBytes + (drawn.cut % (content.length - headBytes + 1)));
  return { content, headBytes };
}

/** The lines of a file as an editor counts them, found in another way than the import does. */
function linesOf(content: Buffer, isWide: boolean, isBigEndian: boolean): string[] {
  const even = content.subarray(0, content.length - (isWide ? content.length % 2 : 0));
  let text = content.toString('latin1');
  if (isWide)
    text =
      (isBigEndian ? Buffer.from(even).swap16() : even).toString('utf16le') +
      (even.length < content.length ? '?' : '');
  text = text.replace(isWide ? /^\ufeff/ : /^\xef\xbb\xbf/, '');
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function* chunksOf(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < content.length; i += bytes) yield content.subarray(i, i + bytes);
}

test('every line of a broken file is done, reported as bad, blank, or the header: exactly once', async () => {
  let imported = 0;
  await fc.assert(
    fc.asyncProperty(file, async (drawn) => {
      const { content } = contentOf(drawn);
      const lines = readLines(chunksOf(content, drawn.chunkBytes));
      const rows: Row[] = [];
      const told: Lines[] = [];
      async function* kept(): AsyncGenerator<Row[]> {
        const groups = drawn.format === 'csv' ? readCsv(lines, plainRules) : readJsonLines(lines, plainRules);
        for await (const group of groups) {
          rows.push(...group);
          yield group;
        }
      }
      const counts = await checkRows(kept(), {
        signal: new AbortController().signal,
        observer: { bad: (at) => told.push(at), progress: () => {} },
      });
      const physical = linesOf(content, drawn.encoding !== 'utf8', drawn.encoding === 'utf16be');
      // The rows cover all lines, in order, without a gap.
      let next = 1;
      for (const row of rows) {
        expect(row.line).toBe(next);
        next += row.lines;
      }
      expect(next - 1).toBe(physical.length);
      expect(allLines(counts.lines)).toBe(physical.length);
      expect(told.reduce((sum, at) => sum + at.lines, 0)).toBe(counts.lines.bad);
      // A good line is a row of its own, or is reported. It never becomes a part of another row's text.
      const isGood = (text: string): boolean =>
        /^(?:P\d+([,;\t])W\1[5]\1|\{"productId":"P\d+","warehouseId":"W","qty":5\})$/.test(text);
      for (const row of rows) {
        const covered = physical.slice(row.line - 1, row.line - 1 + row.lines).filter(isGood);
        if (covered.length === 0 || row.kind === 'faulty') continue;
        expect(row.kind).toBe('usable');
        if (row.kind === 'usable' && !Array.isArray(receiptOf(row))) {
          expect(row.lines).toBe(1);
          imported++;
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(imported).toBeGreaterThan(100);
});
