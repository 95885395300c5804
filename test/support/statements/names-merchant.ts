/**
 * Checks a statement for tables that are distributed by merchant: each part of the statement that uses such a table must
 * name the merchant by an equality with a parameter, always the same one. New rows must be given by their values: for a
 * SELECT, Citus waits for each shard, or copies the rows and commits them in two phases. Returns what is wrong, in words.
 */
export function merchantFaults(text: string, tables: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const parameters = new Set<string>();
  for (const part of partsOf(text.replaceAll('"', '').replace(/'[^']*'/g, "''"))) {
    const touched = touchedTables(part, tables);
    for (const { table, alias } of touched) {
      const named = parametersNaming(part, alias, touched.length === 1);
      if (alias === 'new' && !/\)\s*VALUES\b/.test(part)) faults.push(`${table} ${alias}: by a SELECT`);
      else if (named.length === 0) faults.push(`${table} ${alias}: no merchant_id = $n`);
      for (const parameter of named) parameters.add(parameter);
    }
  }
  if (parameters.size > 1) faults.push(`several merchants: ${[...parameters].join(' ')}`);
  return faults;
}

/** The statement and each of its parts in parentheses; within a part, those in it are only `()`. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  const open = [''];
  for (const char of text) {
    if (char === '(') open.push('');
    else if (char === ')' && open.length > 1) {
      const part = open.pop()!;
      parts.push(part);
      // A list of columns or a row of values belongs to the statement around it.
      open[open.length - 1] += /\b(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(part) ? '()' : `(${part})`;
    } else open[open.length - 1] += char;
  }
  return [...parts.filter((part) => /\b(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(part)), open[0]!];
}

function touchedTables(part: string, tables: ReadonlySet<string>): { table: string; alias: string }[] {
  const touched = part.matchAll(
    /\b(FROM|JOIN|UPDATE|USING|INTO)\s+(?:ONLY\s+)?(\w+)\b(?:\s+(?:AS\s+)?(?!(?:WHERE|SET|ON|JOIN|LEFT|CROSS|ORDER|LIMIT|GROUP|FOR|USING|SELECT|VALUES)\b)(\w+))?/gi,
  );
  return [...touched]
    .filter(([, , table]) => tables.has(table!))
    .map(([, verb, table, alias]) => ({ table: table!, alias: /into/i.test(verb!) ? 'new' : (alias ?? '') }));
}

/**
 * `alias`: the table's alias; `''` when it has none, `new` when rows are added to the table. `alone`: it is the only
 * table, so a column without an alias belongs to it.
 */
function parametersNaming(part: string, alias: string, alone: boolean): string[] {
  // Each new row names the merchant by its first value.
  if (alias === 'new') return firstValues(part);
  const column = alone || alias === '' ? `(?:(?<!\\.)|\\b${alias}\\.)` : `\\b${alias}\\.`;
  const equality = new RegExp(`${column}\\bmerchant_id = (\\$\\d+)\\b`, 'g');
  return [...part.matchAll(equality)].map(([, name]) => name!);
}

/** The parameters that are the first values of rows, if all rows begin with one. */
function firstValues(part: string): string[] {
  const rows =
    /\bINTO\s+\w+(?:\s+AS\s+\w+)?\s*\(\s*merchant_id\b[^)]*\)\s*VALUES\s*(.*?)(?:\bON CONFLICT\b.*)?$/s.exec(
      part,
    )?.[1];
  if (rows === undefined) return [];
  let depth = 0;
  const firsts: string[] = [];
  for (const [i, char] of [...rows].entries()) {
    if (char === '(' && depth++ === 0) firsts.push(/^\(\s*(\$\d+)\b/.exec(rows.slice(i, i + 20))?.[1] ?? '');
    else if (char === ')') depth--;
  }
  return firsts.includes('') ? [] : firsts;
}
