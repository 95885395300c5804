import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addCheckOnline, createIndexOnline } from './online.js';

export class Moves1790500000000 implements MigrationInterface {
  name = 'Moves1790500000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await addCheckOnline(
      runner,
      'movement_log',
      'movement_log_moved',
      "(action = 'MOVED') = (to_reference IS NOT NULL AND moved_qty IS NOT NULL)",
    );
    // Finds what came to an order from others. Its own entries, and what went away, are in movement_log_by_reference.
    await createIndexOnline(
      runner,
      'movement_log_by_target',
      'movement_log (merchant_id, to_reference, logged_at) WHERE to_reference IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX movement_log_by_target');
    await runner.query('ALTER TABLE movement_log DROP CONSTRAINT movement_log_moved');
  }
}
