/**
 * Checks a statement for tables that are distributed by merchant: each part of the statement that uses such a table must
 * name the merchant by an equality with a parameter, always the same one. Rows that are added by a SELECT must get their
 * merchant from such a table, and no time from the clock, or a distributed database copies them in two phases. Returns
 * what is wrong, in words.
 */
export function merchantFaults(text: string, tables: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const parameters = new Set<string>();
  for (const part of partsOf(text.replaceAll('"', '').replace(/'[^']*'/g, "''"))) {
    const touched = touchedTables(part, tables);
    for (const { table, alias } of touched) {
      const named = parametersNaming(part, alias, touched.length === 1);
      if (named.length === 0) faults.push(`${table} ${alias}: no merchant_id = $n`);
      else if (alias === 'new' && !comesFromTable(part, touched)) {
        faults.push(`${table} ${alias}: the merchant comes from no table`);
      } else if (alias === 'new' && /\bSELECT\b.*\bclock_timestamp\b/s.test(text)) {
        faults.push(`${table} ${alias}: the clock`);
      }
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

/** Whether the rows to add are given by their values, or have their merchant, the first column, from one of the tables. */
function comesFromTable(part: string, touched: readonly { alias: string }[]): boolean {
  const from = /\)\s*SELECT\s+(\w+)\.merchant_id\b/.exec(part);
  if (from === null) return /\)\s*VALUES\b/.test(part);
  return touched.some(({ alias }) => alias === from[1]);
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
  const column = alone || alias === '' ? `(?:(?<!\\.)|\\b${alias}\\.)` : `\\b${alias}\\.`;
  const equality = alias === 'new' ? '\\w+\\.merchant_id' : `${column}\\bmerchant_id`;
  const named = [...part.matchAll(new RegExp(`${equality} = (\\$\\d+)\\b`, 'g'))].map(([, name]) => name!);
  // A single row names the merchant by its first value.
  const single = /INTO \w+\s*\(\s*merchant_id\b[^)]*\)\s*VALUES\s*\((\$\d+)\b/.exec(part);
  return alias === 'new' && single !== null ? [...named, single[1]!] : named;
}
