import { columnOf } from './columns.js';
import type { Line, Row } from './line.js';
import { shown } from './text.js';

/**
 * Reads JSON Lines: one object a line. A field that is null or '' counts as not given; empty lines are passed over.
 * https://jsonlines.org
 */
export async function* readJsonLines(groups: AsyncIterable<readonly Line[]>): AsyncGenerator<Row[]> {
  for await (const group of groups) yield group.filter((line) => line.text?.trim() !== '').map(rowOf);
}

function rowOf({ number, text, fault, endByte }: Line): Row {
  const at = { line: number, endByte };
  if (text === undefined) return { ...at, fault: fault! };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ...at, fault: 'is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ...at, fault: 'is not a JSON object' };
  }
  const fields: Record<string, unknown> = {};
  for (const [name, said] of Object.entries(value)) {
    const column = columnOf(name);
    if (column === undefined) return { ...at, fault: `has an unknown field ${shown(name)}` };
    if (column in fields) return { ...at, fault: `has ${column} twice` };
    if (said !== null && said !== '') fields[column] = said;
  }
  return { ...at, fields };
}
