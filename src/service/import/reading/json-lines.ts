import { idProblemOf } from '../rows/cell.js';
import { type ColumnRules, columnsOf, listed } from '../rows/column-rules.js';
import type { Column } from '../rows/columns.js';
import { shown } from '../rows/text.js';
import { type FaultyRow, type Line, type Row, UnusableFile, type UsableRow } from './line.js';

/**
 * Reads JSON Lines: one object per line. A field that is null or '' counts as not given; empty lines are blank. Throws
 * UnusableFile at the end of a file if no line has a mapped name.
 * https://jsonlines.org
 */
export async function* readJsonLines(
  groups: AsyncIterable<readonly Line[]>,
  rules: ColumnRules,
): AsyncGenerator<Row[]> {
  const absent = new Set(rules.map.keys());
  for await (const group of groups) {
    yield group.map((line) => {
      const place = { line: line.number, lines: 1, endByte: line.endByte };
      if (line.text?.trim() === '') return { kind: 'blank', ...place };
      return { ...read(line, rules, (name) => absent.delete(name)), ...place };
    });
  }
  if (absent.size > 0) throw new UnusableFile(`--map names ${listed([...absent])}, which no line has`);
}

type Read = Pick<UsableRow, 'kind' | 'fields' | 'problems'> | Pick<FaultyRow, 'kind' | 'fault'>;

function read({ text, fault }: Line, rules: ColumnRules, onName: (name: string) => void): Read {
  if (text === undefined) return { kind: 'faulty', fault: fault! };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'faulty', fault: 'is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'faulty', fault: 'is not a JSON object' };
  }
  const repeated = repeatedName(text);
  if (repeated !== undefined) return { kind: 'faulty', fault: `has the field ${shown(repeated)} twice` };
  for (const name of Object.keys(value)) onName(name);
  const given = new Set<Column>();
  const fields: Record<string, unknown> = { ...rules.defaults };
  const problems: string[] = [];
  for (const [name, said] of Object.entries(value)) {
    const columns = columnsOf(name, rules);
    if (columns.length === 0 && !rules.ignoreUnknown) {
      return { kind: 'faulty', fault: `has an unknown field ${shown(name)}` };
    }
    for (const column of columns) {
      if (given.has(column)) return { kind: 'faulty', fault: `has ${column} twice` };
      given.add(column);
      if (said === null || said === '') continue;
      const problem = typeof said === 'string' ? idProblemOf(column, said) : undefined;
      if (problem !== undefined) problems.push(`${column} ${problem}`);
      fields[column] = said;
    }
  }
  return { kind: 'usable', fields, ...(problems.length > 0 && { problems }) };
}

/** Strings and brackets; the rest of JSON does not matter for names. */
const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;

/** Finds a name that occurs twice in an object or in one inside it; `JSON.parse` would keep the last value. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [found, colon] of text.matchAll(token)) {
    if (found === '{' || found === '[') open.push(new Set());
    else if (found === '}' || found === ']') open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(found.slice(0, -colon.length)) as string;
      const names = open.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}
