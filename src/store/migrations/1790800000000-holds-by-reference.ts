import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropIndexOnline, replacePrimaryKeyOnline } from './online.js';

export class HoldsByReference1790800000000 implements MigrationInterface {
  name = 'HoldsByReference1790800000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // In this order, the key finds the units of an order, too: one index less for each hold that comes and goes. The holds
    // of a record, except unreferenced units, are in holds_by_age.
    await replacePrimaryKeyOnline(runner, 'holds', 'merchant_id, reference, inventory_id');
    await dropIndexOnline(runner, 'holds_by_reference');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE holds
        DROP CONSTRAINT holds_pkey,
        ADD PRIMARY KEY (merchant_id, inventory_id, reference)`);
    await runner.query(`
      CREATE INDEX holds_by_reference ON holds (merchant_id, reference) WHERE reference <> ''`);
  }
}
