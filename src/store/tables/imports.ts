import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { requireNode } from '../connection/silent-nodes.js';
import type { Statement } from '../connection/statement.js';
import { inTransaction } from '../connection/transaction.js';

/** How long an import is remembered after its last run, by the database's clock. After that it counts as never seen. */
export const IMPORT_MEMORY_DAYS = 400;

const OUTLIVED = `used_at <= now() - make_interval(days => ${IMPORT_MEMORY_DAYS})`;

export interface ImportName {
  readonly merchantId: string;
  readonly importId: string;
}

/** Keeps two runs from opening the same import at the same time. Transactions that add records do not wait for it. */
const LOCK: Statement = {
  name: 'lock_merchant_for_import',
  text: 'SELECT 1 FROM merchants WHERE merchant_id = $1 FOR NO KEY UPDATE',
};

const USE: Statement = {
  name: 'use_import',
  text: `
    UPDATE imports
       SET used_at = now(), lines_left = NULL, sketch = $3::bigint[]
     WHERE merchant_id = $1 AND import_id = $2 AND NOT ${OUTLIVED}
    RETURNING memory_id`,
};

const OPEN: Statement = {
  name: 'open_import',
  text: 'INSERT INTO imports (merchant_id, memory_id, import_id, sketch) VALUES ($1, $2, $3, $4::bigint[])',
};

export interface OpenedImport {
  readonly memoryId: string;
  readonly isNew: boolean;
}

/** Finds the memory of an import or opens one, and restarts the time for which it is kept. `isNew`: it is empty. */
export async function openImport(
  dataSource: DataSource,
  { merchantId, importId }: ImportName,
  sketch: readonly number[],
): Promise<OpenedImport> {
  const hashes = `{${sketch.join(',')}}`;
  return inTransaction(dataSource, async (tx) => {
    await tx.read(LOCK, [merchantId]);
    const [found] = await tx.read<{ memory_id: string }>(USE, [merchantId, importId, hashes]);
    if (found !== undefined) return { memoryId: found.memory_id, isNew: false };
    const memoryId = randomUUID();
    tx.write(OPEN, [merchantId, memoryId, importId, hashes]);
    return { memoryId, isNew: true };
  });
}

/** Records that a run has ended; `linesLeft` is null when it stopped early. */
export async function closeImport(
  dataSource: DataSource,
  { merchantId, memoryId }: { merchantId: string; memoryId: string },
  linesLeft: number,
): Promise<void> {
  await dataSource.query('UPDATE imports SET lines_left = $3 WHERE merchant_id = $1 AND memory_id = $2', [
    merchantId,
    memoryId,
    linesLeft,
  ]);
}

export interface EarlierImport {
  readonly importId: string;
  readonly startedAtMs: number;
  readonly usedAtMs: number;
  /** Null when the run did not finish. */
  readonly linesLeft: number | null;
  readonly sketch: readonly number[];
}

/** Lists at most `limit` of a merchant's remembered imports, latest first. */
export async function listImports(
  dataSource: DataSource,
  merchantId: string,
  limit: number,
): Promise<EarlierImport[]> {
  const rows: {
    import_id: string;
    started_ms: number;
    used_ms: number;
    lines_left: number | null;
    sketch: string[];
  }[] = await dataSource.query(
    `SELECT import_id, lines_left, sketch,
            (extract(epoch FROM started_at) * 1000)::float8 AS started_ms,
            (extract(epoch FROM used_at) * 1000)::float8 AS used_ms
       FROM imports
      WHERE merchant_id = $1 AND NOT ${OUTLIVED}
      ORDER BY used_at DESC
      LIMIT $2`,
    [merchantId, limit],
  );
  return rows.map((row) => ({
    importId: row.import_id,
    startedAtMs: row.started_ms,
    usedAtMs: row.used_ms,
    linesLeft: row.lines_left,
    sketch: row.sketch.map(Number),
  }));
}

/**
 * Forgets at most `limit` lines of one of a merchant's outlived imports, and the import when no lines are left. Returns
 * whether there is more. None can be in use: a run that finds its memory outlived opens another.
 */
export async function sweepImports(
  dataSource: DataSource,
  merchantId: string,
  limit: number,
): Promise<boolean> {
  await requireNode(dataSource, merchantId);
  const [oldest]: { memory_id: string }[] = await dataSource.query(
    `SELECT memory_id FROM imports WHERE merchant_id = $1 AND ${OUTLIVED} ORDER BY used_at LIMIT 1`,
    [merchantId],
  );
  if (oldest === undefined) return false;
  const [, deleted]: [unknown[], number] = await dataSource.query(
    `DELETE FROM import_lines
      WHERE merchant_id = $1 AND memory_id = $2
        AND content IN (SELECT content FROM import_lines
                         WHERE merchant_id = $1 AND memory_id = $2
                         LIMIT $3
                           FOR UPDATE SKIP LOCKED)`,
    [merchantId, oldest.memory_id, limit],
  );
  if (deleted > 0) return true;
  const [, forgotten]: [unknown[], number] = await dataSource.query(
    `DELETE FROM imports
      WHERE merchant_id = $1 AND memory_id = $2
        AND NOT EXISTS (SELECT 1 FROM import_lines WHERE merchant_id = $1 AND memory_id = $2)`,
    [merchantId, oldest.memory_id],
  );
  // Another process finishes the lines that it is deleting.
  return forgotten > 0;
}
