import { allLines, type LineCounts } from '../../service/import/line-counts.js';

/** Accounts for every line of a file of `all` lines: for scripts, and as a sum for people. */
export function counted(
  lines: Readonly<LineCounts>,
  all: number,
  done = 'done',
): { readonly data: object; readonly text: string } {
  const left = all - allLines(lines);
  const parts = [
    `${lines.done} ${done}`,
    `${lines.bad} bad`,
    `${lines.blank} blank`,
    `${lines.names} of column names`,
    ...(left === 0 ? [] : [`${left} left`]),
  ];
  return {
    data: { lines: all, ...lines, left },
    text: `${lineCount(all, 'line')} = ${parts.join(' + ')}`,
  };
}

export function toldWarnings(count: number): string[] {
  return count === 0 ? [] : [`${count} warning${count === 1 ? '' : 's'}.`];
}

export function lineCount(n: number, what: 'line' | 'row'): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
