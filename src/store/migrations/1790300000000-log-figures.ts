import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LogFigures1790300000000 implements MigrationInterface {
  name = 'LogFigures1790300000000';

  async up(runner: QueryRunner): Promise<void> {
    // Null in entries from before, and in those of a process of the version before that still runs. No default, so
    // that no row is rewritten. `moved_qty` is the units that go from `reference` to `to_reference`, which the deltas of
    // the record do not show.
    await runner.query(`
      ALTER TABLE movement_log
        ADD COLUMN on_hand_qty integer,
        ADD COLUMN reserved_qty integer,
        ADD COLUMN to_reference text,
        ADD COLUMN moved_qty integer`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE movement_log
        DROP COLUMN moved_qty, DROP COLUMN to_reference, DROP COLUMN reserved_qty, DROP COLUMN on_hand_qty`);
  }
}
