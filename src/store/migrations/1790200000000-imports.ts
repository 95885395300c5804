import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Imports1790200000000 implements MigrationInterface {
  name = 'Imports1790200000000';

  async up(runner: QueryRunner): Promise<void> {
    // One row is the memory of one import. An import id that is used again after its memory has expired gets a new row,
    // so nothing depends on how much of the old one has been deleted.
    await runner.query(`
      CREATE TABLE imports (
        merchant_id text NOT NULL,
        memory_id uuid NOT NULL,
        import_id text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz NOT NULL DEFAULT now(),
        lines_left integer,
        sketch bigint[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (merchant_id, memory_id)
      )`);
    await runner.query('CREATE INDEX imports_by_id ON imports (merchant_id, import_id, used_at)');
    await runner.query('CREATE INDEX imports_by_use ON imports (merchant_id, used_at)');
    await runner.query(`
      CREATE TABLE import_lines (
        merchant_id text NOT NULL,
        memory_id uuid NOT NULL,
        content uuid NOT NULL,
        line integer NOT NULL,
        done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (merchant_id, memory_id, content)
      )`);
    // On an expression, like idempotency_keys_by_age: neither look-up can use the other's index.
    await runner.query(`
      CREATE INDEX import_lines_by_line ON import_lines ((merchant_id || ''), memory_id, line)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE import_lines, imports');
  }
}
