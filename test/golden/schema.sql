CREATE TABLE api_keys (
  merchant_id text NOT NULL,
  key_hash text NOT NULL,
  prefix text NOT NULL,
  last_four text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(merchant_id),
  CONSTRAINT api_keys_pkey PRIMARY KEY (merchant_id, key_hash)
);

CREATE TABLE holds (
  merchant_id text NOT NULL,
  inventory_id text NOT NULL,
  reference text NOT NULL,
  qty integer NOT NULL,
  opened_revision bigint NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT holds_not_empty CHECK ((qty > 0)),
  CONSTRAINT holds_pkey PRIMARY KEY (merchant_id, reference, inventory_id)
) WITH (fillfactor=80);

CREATE TABLE idempotency_keys (
  merchant_id text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  outcome json NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (merchant_id, key)
);

CREATE TABLE import_lines (
  merchant_id text NOT NULL,
  memory_id uuid NOT NULL,
  content uuid NOT NULL,
  line integer NOT NULL,
  done_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT import_lines_pkey PRIMARY KEY (merchant_id, memory_id, content)
);

CREATE TABLE imports (
  merchant_id text NOT NULL,
  memory_id uuid NOT NULL,
  import_id text NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  used_at timestamp with time zone NOT NULL DEFAULT now(),
  lines_left integer,
  sketch bigint[] NOT NULL DEFAULT '{}'::bigint[],
  CONSTRAINT imports_pkey PRIMARY KEY (merchant_id, memory_id)
);

CREATE TABLE inventory_records (
  merchant_id text NOT NULL,
  id text NOT NULL,
  product_id text NOT NULL,
  sku_id text NOT NULL DEFAULT ''::text,
  warehouse_id text NOT NULL,
  warehouse_name text NOT NULL DEFAULT ''::text,
  location text NOT NULL DEFAULT ''::text,
  reorder_level integer NOT NULL DEFAULT 0,
  reorder_qty integer NOT NULL DEFAULT 0,
  variant_attributes jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT inventory_records_identity UNIQUE (merchant_id, product_id, sku_id, warehouse_id),
  CONSTRAINT inventory_records_pkey PRIMARY KEY (merchant_id, id),
  CONSTRAINT inventory_records_reorder CHECK (((reorder_level >= 0) AND (reorder_qty >= 0)))
);

CREATE TABLE log_carried (
  merchant_id text NOT NULL,
  inventory_id text NOT NULL,
  entries bigint NOT NULL,
  on_hand_delta bigint NOT NULL,
  reserved_delta bigint NOT NULL,
  revision bigint NOT NULL,
  untold_revision bigint,
  CONSTRAINT log_carried_pkey PRIMARY KEY (merchant_id, inventory_id)
) WITH (fillfactor=70);

CREATE TABLE log_prunes (
  merchant_id text NOT NULL,
  pruned_before timestamp with time zone NOT NULL,
  CONSTRAINT log_prunes_pkey PRIMARY KEY (merchant_id)
);

CREATE TABLE merchants (
  merchant_id text NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  default_ttl_seconds integer NOT NULL DEFAULT 0,
  CONSTRAINT merchants_default_ttl CHECK ((0 <= default_ttl_seconds)),
  CONSTRAINT merchants_pkey PRIMARY KEY (merchant_id)
);

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
  logged_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  on_hand_qty integer,
  reserved_qty integer,
  to_reference text,
  moved_qty integer,
  CONSTRAINT movement_log_moved CHECK (((action = 'MOVED'::text) = ((to_reference IS NOT NULL) AND (moved_qty IS NOT NULL)))),
  CONSTRAINT movement_log_pkey PRIMARY KEY (merchant_id, inventory_id, revision)
) WITH (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_insert_scale_factor=0.02);

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
  CONSTRAINT order_carried_pkey PRIMARY KEY (merchant_id, reference, inventory_id)
) WITH (fillfactor=90);

CREATE TABLE schema_compatibility (
  oldest_migration bigint NOT NULL,
  because text NOT NULL
);

CREATE TABLE schema_migrations (
  id integer NOT NULL DEFAULT nextval('schema_migrations_id_seq'::regclass),
  "timestamp" bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT "PK_62441bec32630ced9e4cccae336" PRIMARY KEY (id)
);

CREATE TABLE stock_levels (
  merchant_id text NOT NULL,
  id text NOT NULL,
  on_hand_qty integer NOT NULL,
  reserved_qty integer NOT NULL,
  revision bigint NOT NULL,
  reorder_level integer NOT NULL DEFAULT 0,
  low boolean NOT NULL DEFAULT ((on_hand_qty - reserved_qty) <= reorder_level),
  next_expiry_at timestamp with time zone,
  CONSTRAINT stock_levels_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(merchant_id),
  CONSTRAINT stock_levels_pkey PRIMARY KEY (merchant_id, id),
  CONSTRAINT stock_levels_sound CHECK (((0 <= reserved_qty) AND (reserved_qty <= on_hand_qty)))
) WITH (fillfactor=50, autovacuum_vacuum_scale_factor=0.05);

CREATE INDEX api_keys_by_hash ON public.api_keys USING btree (key_hash);

CREATE UNIQUE INDEX holds_by_age ON public.holds USING btree (merchant_id, inventory_id, opened_revision) WHERE (reference <> ''::text);

CREATE INDEX holds_by_expiry ON public.holds USING btree (merchant_id, inventory_id, expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (((merchant_id || ''::text)), created_at);

CREATE INDEX import_lines_by_line ON public.import_lines USING btree (((merchant_id || ''::text)), memory_id, line);

CREATE INDEX imports_by_id ON public.imports USING btree (merchant_id, import_id, used_at);

CREATE INDEX imports_by_use ON public.imports USING btree (merchant_id, used_at);

CREATE INDEX inventory_records_by_sku ON public.inventory_records USING btree (merchant_id, sku_id, id) WHERE (sku_id <> ''::text);

CREATE INDEX inventory_records_by_warehouse ON public.inventory_records USING btree (((merchant_id || ''::text)), warehouse_id, id);

CREATE INDEX movement_log_adjustments ON public.movement_log USING btree (merchant_id, inventory_id, revision) WHERE (action <> ALL (ARRAY['RESERVED'::text, 'RELEASED'::text]));

CREATE INDEX movement_log_by_reference ON public.movement_log USING btree (merchant_id, reference, logged_at) WHERE (reference IS NOT NULL);

CREATE INDEX movement_log_by_target ON public.movement_log USING btree (merchant_id, to_reference, logged_at) WHERE (to_reference IS NOT NULL);

CREATE INDEX movement_log_by_time ON public.movement_log USING btree (merchant_id, logged_at) INCLUDE (action);

CREATE INDEX order_carried_units ON public.order_carried USING btree (merchant_id, inventory_id) WHERE ((units <> 0) OR (reference = ''::text) OR (opened_revision IS NOT NULL));

CREATE INDEX stock_levels_by_expiry ON public.stock_levels USING btree (merchant_id, next_expiry_at) WHERE (next_expiry_at IS NOT NULL);

CREATE INDEX stock_levels_low ON public.stock_levels USING btree (merchant_id, id) WHERE low;

CREATE SEQUENCE schema_migrations_id_seq;
