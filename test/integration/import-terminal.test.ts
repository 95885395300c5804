import pty from '@lydell/node-pty';
import { expect } from 'vitest';
import { test } from '../support/import-fixtures.js';
import { holdfastPath } from '../support/process.js';
import { Screen } from '../support/screen.js';

/**
 * What a person sees after typing the command on a terminal of this size, and then asking for the exit code. The shell
 * runs until everything is read: what a terminal still contains when its last process ends may be lost.
 */
async function typed(args: string[], size: { cols: number; rows: number }): Promise<string[]> {
  const screen = new Screen(size);
  const { PATH = '', HOME = '' } = process.env;
  const script = '"$@"; echo "exit code $?"; read _';
  const shell = pty.spawn('/bin/sh', ['-c', script, 'sh', process.execPath, holdfastPath, ...args], {
    ...size,
    name: 'xterm-256color',
    env: { PATH, HOME },
  });
  try {
    let isOver = (): void => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    shell.onData(async (text) => {
      await screen.write(text);
      if (/^exit code \d+$/.test(screen.lines().at(-1) ?? '')) isOver();
    });
    await over;
    return screen.lines();
  } finally {
    shell.kill('SIGKILL');
  }
}

const rows = Array.from({ length: 400 }, (_, i) => (i % 7 === 3 ? `P${i},W,bad-${i}` : `P${i},W,1`));
const bad = rows.flatMap((row, i) =>
  row.includes('bad')
    ? [`line ${i + 2}: qty must be a whole number from 0 to 2147483647, not "bad-${i}"`]
    : [],
);

test.for<[string, { cols: number; rows: number }]>([
  ['wide', { cols: 120, rows: 30 }],
  ['narrow and low: told lines wrap, and scroll', { cols: 30, rows: 6 }],
])('a terminal, %s: every bad line stays, in order, above the bar', async ([_, size], { csv }) => {
  const seen = await typed(['import', csv(...rows, '', ',,'), '--dry-run'], size);
  expect(seen.slice(0, bad.length)).toEqual(bad);
  const [bar, ...summary] = seen.slice(bad.length);
  expect(bar).toMatch(/^stock-\d\.csv █/);
  if (size.cols > 100) expect(bar).toMatch(/█ 100% \| 403 lines, 57 bad$/);
  expect(summary).toEqual([
    '403 lines = 343 good + 57 bad + 2 blank + 1 of column names. Checked, and nothing was imported.',
    'exit code 1',
  ]);
});
