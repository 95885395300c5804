import type { TestDatabase } from './database.js';

/** The schema as text: every table, constraint, index, trigger, function and sequence, in a stable order. */
export async function dumpSchema(database: TestDatabase): Promise<string> {
  const parts = await Promise.all([TABLES, INDEXES, TRIGGERS, FUNCTIONS, SEQUENCES].map((sql) => lines(sql)));
  return parts
    .flat()
    .map((text) => `${text.trim()};\n`)
    .join('\n');

  async function lines(sql: string): Promise<string[]> {
    return (await database.query<{ text: string }>(sql)).map((row) => row.text);
  }
}

/** Columns in their order, then constraints by name. NOT NULL is part of its column. */
const TABLES = `
  SELECT format(E'CREATE TABLE %I (\\n%s\\n)%s', t.relname, body.text,
                ' WITH (' || array_to_string(t.reloptions, ', ') || ')') AS text
    FROM pg_class AS t
   CROSS JOIN LATERAL (
         SELECT string_agg('  ' || line, E',\\n' ORDER BY kind, place, line) AS text
           FROM (SELECT 1 AS kind, a.attnum AS place,
                        concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                                  CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                                  'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS line
                   FROM pg_attribute AS a
                   LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                  WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                  UNION ALL
                 SELECT 2, 0, format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
                   FROM pg_constraint
                  WHERE conrelid = t.oid AND contype <> 'n') AS l) AS body
   WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
   ORDER BY t.relname COLLATE "C"`;

/** Those that do not belong to a constraint. */
const INDEXES = `
  SELECT pg_get_indexdef(i.indexrelid) AS text
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
   WHERE c.relnamespace = 'public'::regnamespace
     AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)
   ORDER BY c.relname COLLATE "C"`;

const TRIGGERS = `
  SELECT pg_get_triggerdef(g.oid) AS text
    FROM pg_trigger AS g
    JOIN pg_class AS t ON t.oid = g.tgrelid
   WHERE t.relnamespace = 'public'::regnamespace AND NOT g.tgisinternal
   ORDER BY t.relname COLLATE "C", g.tgname COLLATE "C"`;

const FUNCTIONS = `
  SELECT pg_get_functiondef(oid) AS text
    FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace
   ORDER BY proname COLLATE "C"`;

const SEQUENCES = `
  SELECT format('CREATE SEQUENCE %I', relname) AS text
    FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
   ORDER BY relname COLLATE "C"`;
