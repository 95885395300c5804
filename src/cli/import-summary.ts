import { allLines, type LineCounts } from '../service/import/line-counts.js';

/** Where every line of the file is: for scripts, and as a sum for people. */
export function counted(lines: Readonly<LineCounts>): { readonly data: object; readonly text: string } {
  const { done, bad, blank, names } = lines;
  const all = allLines(lines);
  return {
    data: { lines: all, done, bad, blank, names },
    text: `${all} line${all === 1 ? '' : 's'} = ${done} done + ${bad} bad + ${blank} blank + ${names} of column names`,
  };
}
