import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OrdersAndRecords1790100000000 implements MigrationInterface {
  name = 'OrdersAndRecords1790100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE merchants
        ADD COLUMN default_ttl_seconds integer NOT NULL DEFAULT 0
            CONSTRAINT merchants_default_ttl CHECK (0 <= default_ttl_seconds)`);
    // Descriptions are kept apart from what every reserve locks and updates.
    await runner.query(`
      CREATE TABLE inventory_records (
        merchant_id text NOT NULL,
        id text NOT NULL,
        product_id text NOT NULL,
        sku_id text NOT NULL DEFAULT '',
        warehouse_id text NOT NULL,
        warehouse_name text NOT NULL DEFAULT '',
        location text NOT NULL DEFAULT '',
        reorder_level integer NOT NULL DEFAULT 0,
        reorder_qty integer NOT NULL DEFAULT 0,
        variant_attributes jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (merchant_id, id),
        CONSTRAINT inventory_records_identity UNIQUE (merchant_id, product_id, sku_id, warehouse_id),
        CONSTRAINT inventory_records_reorder CHECK (reorder_level >= 0 AND reorder_qty >= 0)
      )`);
    await runner.query(`
      CREATE INDEX inventory_records_by_sku ON inventory_records (merchant_id, sku_id, id) WHERE sku_id <> ''`);
    // Before this migration, a record had only its id.
    await runner.query(`
      INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id, created_at, updated_at)
      SELECT s.merchant_id, s.id, s.id, 'main', coalesce(l.logged_at, now()), coalesce(l.logged_at, now())
        FROM stock_levels AS s
        LEFT JOIN movement_log AS l
               ON l.merchant_id = s.merchant_id AND l.inventory_id = s.id AND l.revision = 1`);

    // A copy of the record's reorder level, next to the quantities that it is compared with. An index on what every
    // reserve changes would end HOT updates; `low` changes only when a record becomes low or stops being low, and
    // updates in between stay HOT.
    await runner.query(`
      ALTER TABLE stock_levels
        ADD COLUMN reorder_level integer NOT NULL DEFAULT 0,
        ADD COLUMN low boolean NOT NULL
            GENERATED ALWAYS AS (on_hand_qty - reserved_qty <= reorder_level) STORED`);
    await runner.query('CREATE INDEX stock_levels_low ON stock_levels (merchant_id, id) WHERE low');

    await runner.query('ALTER TABLE holds ADD COLUMN expires_at timestamptz');
    // Partial for the same reason as holds_by_age. Finds the units of an order.
    await runner.query(`
      CREATE INDEX holds_by_reference ON holds (merchant_id, reference) WHERE reference <> ''`);
    await runner.query(`
      CREATE INDEX holds_by_expiry ON holds (merchant_id, inventory_id, expires_at)
       WHERE expires_at IS NOT NULL`);
    // No hold of the record ends before this instant. Those who lock the record see whether to look for expired holds
    // without reading the holds. Only holds with an expiry change it, so updates of records without any stay HOT.
    await runner.query('ALTER TABLE stock_levels ADD COLUMN next_expiry_at timestamptz');
    await runner.query(`
      CREATE INDEX stock_levels_by_expiry ON stock_levels (merchant_id, next_expiry_at)
       WHERE next_expiry_at IS NOT NULL`);

    // The start time of a transaction does not give the order in which records were locked; the clock at the insert
    // does.
    await runner.query('ALTER TABLE movement_log ALTER COLUMN logged_at SET DEFAULT clock_timestamp()');
    await runner.query(`
      CREATE INDEX movement_log_by_time ON movement_log (merchant_id, logged_at) INCLUDE (action)`);
    await runner.query(`
      CREATE INDEX movement_log_by_reference ON movement_log (merchant_id, reference, logged_at)
       WHERE reference IS NOT NULL`);
    // Finds the last change of a record's units on hand, past any number of reservations.
    await runner.query(`
      CREATE INDEX movement_log_adjustments ON movement_log (merchant_id, inventory_id, revision)
       WHERE action NOT IN ('RESERVED', 'RELEASED')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP INDEX movement_log_adjustments, movement_log_by_reference, movement_log_by_time, stock_levels_by_expiry',
    );
    await runner.query('ALTER TABLE movement_log ALTER COLUMN logged_at SET DEFAULT now()');
    await runner.query(
      'ALTER TABLE stock_levels DROP COLUMN next_expiry_at, DROP COLUMN low, DROP COLUMN reorder_level',
    );
    await runner.query('ALTER TABLE holds DROP COLUMN expires_at');
    await runner.query('DROP INDEX holds_by_reference');
    await runner.query('DROP TABLE inventory_records');
    await runner.query('ALTER TABLE merchants DROP COLUMN default_ttl_seconds');
  }
}
