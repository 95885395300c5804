import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndexOnline } from './online.js';

export class RecordsByWarehouse1790400000000 implements MigrationInterface {
  name = 'RecordsByWarehouse1790400000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // On an expression, like idempotency_keys_by_age: no look-up of a record by its identity can use it.
    await createIndexOnline(
      runner,
      'inventory_records_by_warehouse',
      "inventory_records ((merchant_id || ''), warehouse_id, id)",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX inventory_records_by_warehouse');
  }
}
