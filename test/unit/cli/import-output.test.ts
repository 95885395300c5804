import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ImportOutput } from '../../../src/cli/import-output.js';
import { noCounts } from '../../../src/service/import/import-rows.js';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-output-'));
  file = join(folder, 'stock.csv');
  writeFileSync(file, 'x'.repeat(200));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Standard error, as a terminal or not, and what was written to it. */
function screen(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  let written = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      written += chunk;
      done();
    },
  });
  const terminal = { isTTY, columns: 120, cursorTo: () => true, clearLine: () => true };
  return { stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream, written: () => written };
}

const counts = { ...noCounts(), rows: 3, created: 1, bad: 1 };

const cases: { name: string; isTTY: boolean; forScripts: boolean; bar: boolean; lines: string }[] = [
  { name: 'a terminal', isTTY: true, forScripts: false, bar: true, lines: 'line 2: a; b\n' },
  { name: 'a file or a pipe', isTTY: false, forScripts: false, bar: false, lines: 'line 2: a; b\n' },
  { name: 'scripts, on a terminal', isTTY: true, forScripts: true, bar: false, lines: '' },
];
test.each(cases)('$name: bar $bar, lines $lines', ({ isTTY, forScripts, bar, lines }) => {
  const { stream, written } = screen(isTTY);
  const output = new ImportOutput(file, forScripts, stream);
  output.bad({ line: 2, lines: 1, endByte: 50 }, ['a', 'b']);
  output.progress(counts, 100);
  // Answers come out of order; the bar does not go back.
  output.progress(counts, 50);
  output.close();
  expect(written().includes('stock.csv █')).toBe(bar);
  expect(written().includes('50% | 3 lines, 1 bad')).toBe(bar);
  expect(written()).toContain(lines);
  if (!bar) expect(written()).toBe(lines);
  expect(output.badLines).toEqual(forScripts ? [{ line: 2, problems: ['a', 'b'] }] : []);
});

test('an empty file has no bar', () => {
  const empty = join(folder, 'empty.csv');
  writeFileSync(empty, '');
  const { stream, written } = screen(true);
  const output = new ImportOutput(empty, false, stream);
  output.close();
  expect(written()).toBe('');
});
