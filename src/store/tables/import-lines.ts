import type { DataSource } from 'typeorm';
import type { ImportLine } from '../../domain/import-line.js';
import { numbers, texts } from '../connection/array-literal.js';
import { rowInsert } from '../connection/row-insert.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';

export interface ImportLineRow {
  readonly merchantId: string;
  readonly line: ImportLine;
}

export interface DoneLineRow extends ImportLineRow {
  /** Milliseconds since the epoch. */
  readonly doneAtMs: number;
}

// Each half names the columns of exactly one index: a plan made for a young table has no choice.
const READ = batchStatement({
  name: 'read_import_lines',
  text: ({ only }) => `
    SELECT r.*
      FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[]) AS n (merchant_id, memory_id, content, line)
     CROSS JOIN LATERAL (
           (SELECT merchant_id, memory_id, content, line, floor(extract(epoch FROM done_at) * 1000)::float8 AS done_ms
              FROM import_lines
             WHERE merchant_id = n.merchant_id AND memory_id = n.memory_id AND content = n.content ${only('merchant_id')}
             LIMIT 1)
            UNION ALL
           (SELECT merchant_id, memory_id, content, line, floor(extract(epoch FROM done_at) * 1000)::float8
              FROM import_lines
             WHERE merchant_id || '' = n.merchant_id AND memory_id = n.memory_id AND line = n.line ${only('merchant_id')}
             LIMIT 1)) AS r`,
});

interface RawLine {
  merchant_id: string;
  memory_id: string;
  content: string;
  line: number;
  done_ms: number;
}

/** Finds lines that were done, by their content and by their place in the file. */
export async function readImportLines(
  tx: Transaction,
  lines: readonly ImportLineRow[],
): Promise<DoneLineRow[]> {
  const rows = await tx.read<RawLine>(READ, columns(lines));
  return rows.map(({ merchant_id: merchantId, memory_id: memoryId, content, line, done_ms: doneAtMs }) => ({
    merchantId,
    line: { memoryId, content, number: line },
    doneAtMs,
  }));
}

/**
 * Remembers lines as done. If another transaction has remembered one in the meantime, this one fails with a unique
 * violation; its retry finds the line. Rows are inserted in key order, so that two transactions cannot deadlock.
 */
export const insertImportLines = rowInsert<ImportLineRow>({
  name: 'insert_import_lines',
  into: 'import_lines',
  columns: [
    { name: 'memory_id', type: 'uuid', of: ({ line }) => line.memoryId },
    { name: 'content', type: 'uuid', of: ({ line }) => line.content },
    { name: 'line', type: 'int', of: ({ line }) => line.number },
  ],
  order: ['memory_id', 'content'],
});

function columns(lines: readonly ImportLineRow[]): unknown[] {
  return [
    texts(lines.map((l) => l.merchantId)),
    texts(lines.map((l) => l.line.memoryId)),
    texts(lines.map((l) => l.line.content)),
    numbers(lines.map((l) => l.line.number)),
  ];
}

/** Names the memory of one import. */
export interface MemoryKey {
  readonly merchantId: string;
  readonly memoryId: string;
}

const NO_CONTENT = '00000000-0000-0000-0000-000000000000';

/** Lists the contents of lines that were done, in their own order, after a given one. */
export async function listDoneContents(
  dataSource: DataSource,
  { merchantId, memoryId }: MemoryKey,
  { after = NO_CONTENT, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<string[]> {
  const rows: { content: string }[] = await dataSource.query(
    `SELECT content FROM import_lines
      WHERE merchant_id = $1 AND memory_id = $2 AND content > $3
      ORDER BY merchant_id, memory_id, content
      LIMIT $4`,
    [merchantId, memoryId, after, limit],
  );
  return rows.map(({ content }) => content);
}
