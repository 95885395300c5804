import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Moves1790500000000 implements MigrationInterface {
  name = 'Moves1790500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE movement_log
        ADD CONSTRAINT movement_log_moved
            CHECK ((action = 'MOVED') = (to_reference IS NOT NULL AND moved_qty IS NOT NULL))`);
    // Finds what came to an order from others. Its own entries, and what went away, are in movement_log_by_reference.
    await runner.query(`
      CREATE INDEX movement_log_by_target ON movement_log (merchant_id, to_reference, logged_at)
       WHERE to_reference IS NOT NULL`);
    // A move changes no units on hand.
    await runner.query('DROP INDEX movement_log_adjustments');
    await runner.query(`
      CREATE INDEX movement_log_adjustments ON movement_log (merchant_id, inventory_id, revision)
       WHERE action NOT IN ('RESERVED', 'RELEASED', 'MOVED')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX movement_log_adjustments, movement_log_by_target');
    await runner.query(`
      CREATE INDEX movement_log_adjustments ON movement_log (merchant_id, inventory_id, revision)
       WHERE action NOT IN ('RESERVED', 'RELEASED')`);
    await runner.query('ALTER TABLE movement_log DROP CONSTRAINT movement_log_moved');
  }
}
