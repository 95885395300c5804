import type { DataSource, QueryRunner } from 'typeorm';
import type { SchemaMark } from './schema-fit.js';

/**
 * From now on, only versions that know this migration may run on the schema. A mark that asks for more stays. In a
 * migration it takes effect with it.
 */
export async function raiseMark(
  on: DataSource | QueryRunner,
  { oldestMigration, because }: SchemaMark,
): Promise<void> {
  await on.query(
    'UPDATE schema_compatibility SET oldest_migration = $1, because = $2 WHERE oldest_migration < $1',
    [oldestMigration, because],
  );
}
