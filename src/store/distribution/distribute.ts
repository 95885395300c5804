import type { DataSource } from 'typeorm';
import { withSchemaLock } from '../schema/schema-lock.js';
import { LEADING_TABLE, readSpread, type TableSpread } from './spread.js';

/** A table is distributed in another way than ours, for reasons that only a person knows. */
export class SpreadOtherwise extends Error {
  override readonly name = 'SpreadOtherwise';
  constructor(table: string) {
    super(`${table} is distributed already, but not by merchant_id together with ${LEADING_TABLE}`);
  }
}

/**
 * Distributes the tables that are still local, with their rows: all of them, or none when it fails. Returns the names of
 * those tables.
 */
export function distributeTables(
  dataSource: DataSource,
  shards: number,
  waitMs: number,
): Promise<readonly string[]> {
  return withSchemaLock(dataSource, waitMs, () =>
    dataSource.transaction(async (tx) => {
      const tables = await readSpread(tx);
      const otherwise = tables.find(({ spread, wanted }) => spread !== 'local' && spread !== wanted);
      if (otherwise !== undefined) throw new SpreadOtherwise(otherwise.table);
      const local = tables.filter(({ spread }) => spread === 'local');
      for (const one of local) await tx.query(...statementFor(one, shards));
      // The rows were copied to the nodes; nothing reads the old ones any more.
      for (const { table } of local) {
        await tx.query('SELECT truncate_local_data_after_distributing_table($1)', [table]);
      }
      return local.map(({ table }) => table);
    }),
  );
}

function statementFor({ table, wanted }: TableSpread, shards: number): [text: string, values: unknown[]] {
  if (wanted === 'replicated') return ['SELECT create_reference_table($1)', [table]];
  if (table === LEADING_TABLE) {
    return ["SELECT create_distributed_table($1, 'merchant_id', shard_count => $2)", [table, shards]];
  }
  return ["SELECT create_distributed_table($1, 'merchant_id', colocate_with => $2)", [table, LEADING_TABLE]];
}
