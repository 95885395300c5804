import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CarriedLog1790600000000 implements MigrationInterface {
  name = 'CarriedLog1790600000000';

  async up(runner: QueryRunner): Promise<void> {
    // What pruned entries of each record added up to. Without a row, none were pruned.
    await runner.query(`
      CREATE TABLE log_carried (
        merchant_id text NOT NULL,
        inventory_id text NOT NULL,
        entries bigint NOT NULL,
        on_hand_delta bigint NOT NULL,
        reserved_delta bigint NOT NULL,
        revision bigint NOT NULL,
        untold_revision bigint,
        PRIMARY KEY (merchant_id, inventory_id)
      ) WITH (fillfactor = 70)`);
    // The same for each reference, and how its units left; '' for unreferenced units.
    await runner.query(`
      CREATE TABLE order_carried (
        merchant_id text NOT NULL,
        reference text NOT NULL,
        inventory_id text NOT NULL,
        units bigint NOT NULL,
        first_revision bigint NOT NULL,
        confirmed bigint NOT NULL,
        released bigint NOT NULL,
        expired bigint NOT NULL,
        moved bigint NOT NULL,
        opened_revision bigint,
        opened_units bigint,
        PRIMARY KEY (merchant_id, reference, inventory_id)
      ) WITH (fillfactor = 90)`);
    // What the audit needs of them: nearly all orders have ended, and add up to nothing.
    await runner.query(`
      CREATE INDEX order_carried_units ON order_carried (merchant_id, inventory_id)
       WHERE units <> 0 OR reference = '' OR opened_revision IS NOT NULL`);
    await runner.query(`
      CREATE TABLE log_prunes (
        merchant_id text PRIMARY KEY,
        pruned_before timestamptz NOT NULL
      )`);
    // The defaults wait for a fifth of the log to be dead or new.
    await runner.query(`
      ALTER TABLE movement_log
        SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE movement_log
      RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)`);
    await runner.query('DROP TABLE log_prunes, order_carried, log_carried');
  }
}
