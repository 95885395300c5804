import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitialSchema1790000000000 implements MigrationInterface {
  name = 'InitialSchema1790000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE merchants (
        merchant_id text PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE api_keys (
        merchant_id text NOT NULL REFERENCES merchants,
        key_hash text NOT NULL,
        prefix text NOT NULL,
        last_four text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz,
        PRIMARY KEY (merchant_id, key_hash)
      )`);
    // A key arrives without its merchant's name: this is the only look-up that does not name a merchant.
    await runner.query('CREATE INDEX api_keys_by_hash ON api_keys (key_hash)');
    // Half-empty pages and no index on a changing column: updates stay HOT.
    await runner.query(`
      CREATE TABLE stock_levels (
        merchant_id text NOT NULL REFERENCES merchants,
        id text NOT NULL,
        on_hand_qty integer NOT NULL,
        reserved_qty integer NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (merchant_id, id),
        CONSTRAINT stock_levels_sound CHECK (0 <= reserved_qty AND reserved_qty <= on_hand_qty)
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
    // holds and movement_log have no foreign key to stock_levels: it would fire a trigger for each row of a bulk
    // write, records are never deleted, and the engine writes both only while it holds the record's row lock.
    await runner.query(`
      CREATE TABLE holds (
        merchant_id text NOT NULL,
        inventory_id text NOT NULL,
        reference text NOT NULL,
        qty integer NOT NULL,
        opened_revision bigint NOT NULL,
        PRIMARY KEY (merchant_id, inventory_id, reference),
        CONSTRAINT holds_not_empty CHECK (qty > 0)
      ) WITH (fillfactor = 80)`);
    // Partial, so that the planner cannot use it for a look-up by reference and read all of a record's holds. With the
    // statistics of a young table, it did. Unreferenced units are looked up by key.
    await runner.query(`
      CREATE UNIQUE INDEX holds_by_age ON holds (merchant_id, inventory_id, opened_revision)
       WHERE reference <> ''`);
    await runner.query(`
      CREATE TABLE movement_log (
        merchant_id text NOT NULL,
        inventory_id text NOT NULL,
        revision bigint NOT NULL,
        action text NOT NULL,
        on_hand_delta integer NOT NULL,
        reserved_delta integer NOT NULL,
        reference text,
        notes text,
        actor text NOT NULL,
        batch_id uuid NOT NULL,
        logged_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (merchant_id, inventory_id, revision)
      )`);
    await runner.query(`
      CREATE TABLE idempotency_keys (
        merchant_id text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        outcome json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (merchant_id, key)
      )`);
    // On an expression, for the same reason that holds_by_age is partial: a look-up by key must not use it to find the
    // merchant. The sweep uses the same expression.
    await runner.query(`
      CREATE INDEX idempotency_keys_by_age ON idempotency_keys ((merchant_id || ''), created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE idempotency_keys, movement_log, holds, stock_levels, api_keys, merchants');
  }
}
