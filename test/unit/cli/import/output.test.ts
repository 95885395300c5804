import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ImportOutput } from '../../../../src/cli/import/output.js';
import { ProgressBar } from '../../../../src/cli/import/progress-bar.js';
import { noCounts } from '../../../../src/service/import/import-rows.js';
import { Screen } from '../../../support/screen.js';

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
  return {
    stream: Object.assign(stream, { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream,
    written: () => written,
  };
}

const counts = { ...noCounts(), lines: { done: 1, bad: 1, blank: 0, names: 1 } };

const cases: {
  name: string;
  isTTY: boolean;
  forScripts: boolean;
  term?: string;
  bar: boolean;
  lines: string;
}[] = [
  { name: 'a terminal', isTTY: true, forScripts: false, bar: true, lines: 'line 2: a; b\n' },
  {
    name: 'a dumb terminal',
    isTTY: true,
    forScripts: false,
    term: 'dumb',
    bar: false,
    lines: 'line 2: a; b\n',
  },
  { name: 'a file or a pipe', isTTY: false, forScripts: false, bar: false, lines: 'line 2: a; b\n' },
  { name: 'scripts, on a terminal', isTTY: true, forScripts: true, bar: false, lines: '' },
];
test.each(cases)('$name: bar $bar, lines $lines', ({ isTTY, forScripts, term = 'xterm', bar, lines }) => {
  const { stream, written } = screen(isTTY);
  const output = new ImportOutput(file, forScripts, { TERM: term }, stream);
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
  const output = new ImportOutput(empty, false, {}, stream);
  output.close();
  expect(written()).toBe('');
});

const WIDTH = 24;
const step = fc.oneof(
  fc.record({
    told: fc.string({ unit: fc.constantFrom(...'ab █漢'), minLength: 1, maxLength: 2 * WIDTH + 2 }),
  }),
  fc.record({ done: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
test('all messages stay on the screen, in order, above the bar', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.string({ minLength: 1 }), async (steps, name) => {
      const { stream, written } = screen(true);
      stream.columns = WIDTH;
      const bar = new ProgressBar(stream, name);
      const told: string[] = [];
      for (const one of steps) {
        if ('done' in one) {
          bar.update(one.done, 'text');
          continue;
        }
        told.push(`${told.length}:${one.told}.`);
        bar.tell(told.at(-1)!);
      }
      bar.stop();
      const terminal = new Screen({ cols: WIDTH, rows: 5 });
      await terminal.write(written().replaceAll('\n', '\r\n'));
      const lines = terminal.lines();
      expect(lines.slice(0, told.length).map(withoutPadding)).toEqual(told.map(withoutPadding));
      expect(lines.length).toBe(told.length + 1);
    }),
    { numRuns: 100 },
  );
});

/** A wide character that does not fit leaves a column empty. */
function withoutPadding(text: string): string {
  return text.replaceAll(' ', '');
}
