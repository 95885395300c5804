import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Compatibility1790700000000 implements MigrationInterface {
  name = 'Compatibility1790700000000';

  async up(runner: QueryRunner): Promise<void> {
    // One row: the newest migration that a version must know to run on this schema, and why. A migration that an older
    // version cannot live with raises it, and so does what makes one answer falsely.
    await runner.query(`
      CREATE TABLE schema_compatibility (
        oldest_migration bigint NOT NULL,
        because text NOT NULL
      )`);
    await runner.query(`
      INSERT INTO schema_compatibility
      SELECT 1790200000000, 'it was made by version 0.2.0'
       WHERE NOT EXISTS (SELECT 1 FROM log_prunes)
       UNION ALL
      SELECT 1790600000000, 'the log was pruned, and versions up to 0.2.0 do not count what was pruned'
       WHERE EXISTS (SELECT 1 FROM log_prunes)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE schema_compatibility');
  }
}
