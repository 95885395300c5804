-- What a service needs in its database, and nothing more: it cannot change the schema, nor rewrite or shorten the log. Run
-- it as the owner of the tables, after each `holdfast migrate`; a second time changes nothing. The role must exist:
-- CREATE ROLE holdfast_runtime LOGIN PASSWORD '…'
BEGIN;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM holdfast_runtime;
GRANT USAGE ON SCHEMA public TO holdfast_runtime;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO holdfast_runtime;
-- Stock, and what is remembered for a time. Locking a row (FOR UPDATE) needs UPDATE, too.
GRANT INSERT, UPDATE, DELETE ON stock_levels, holds, idempotency_keys, imports, import_lines TO holdfast_runtime;
GRANT INSERT, UPDATE ON inventory_records, merchants, api_keys TO holdfast_runtime;
-- The log is only added to.
GRANT INSERT ON movement_log TO holdfast_runtime;
COMMIT;
