import type { DataSource, EntityManager } from 'typeorm';

/** Small, and searched without knowing the merchant: each node has a copy. In the order of their foreign keys. */
const REPLICATED_TABLES: readonly string[] = ['merchants', 'api_keys'];

/** The first table to be distributed. The others follow it, so that all rows of one merchant are on one node. */
export const LEADING_TABLE = 'stock_levels';

/** Where the rows of a table are: on one node, on each node, spread by their merchant, or spread in another way. */
export type Spread = 'local' | 'replicated' | 'by merchant' | 'otherwise';

export interface TableSpread {
  readonly table: string;
  readonly spread: Spread;
  /** In a distributed schema. */
  readonly wanted: 'replicated' | 'by merchant';
  /** 0 for a local table. */
  readonly shards: number;
}

/** Reads where the rows of merchants are, table by table, in the order in which the tables can be distributed. */
export async function readSpread(dataSource: DataSource | EntityManager): Promise<readonly TableSpread[]> {
  const [{ distributes }]: [{ distributes: boolean }] = await dataSource.query(
    "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS distributes",
  );
  const rows: RawSpread[] = await dataSource.query(distributes ? SPREAD : LOCAL_SPREAD);
  return rows
    .map(({ name, spread, shards }): TableSpread => {
      const wanted = REPLICATED_TABLES.includes(name) ? 'replicated' : 'by merchant';
      return { table: name, spread, wanted, shards };
    })
    .sort((a, b) => placeOf(a) - placeOf(b));
}

interface RawSpread {
  readonly name: string;
  readonly spread: Spread;
  readonly shards: number;
}

function placeOf({ table }: TableSpread): number {
  const place = [...REPLICATED_TABLES, LEADING_TABLE].indexOf(table);
  return place === -1 ? Number.MAX_SAFE_INTEGER : place;
}

const MERCHANT_TABLES = `
  SELECT c.oid, c.relname::text AS name
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'merchant_id' AND NOT a.attisdropped
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`;

const LOCAL_SPREAD = `
  SELECT name, 'local' AS spread, 0 AS shards FROM (${MERCHANT_TABLES}) AS t ORDER BY name`;

// A foreign key to a replicated table makes a local one known to Citus, too: by method n, and not replicated.
const SPREAD = `
  SELECT t.name, (SELECT count(*)::int FROM pg_dist_shard WHERE logicalrelid = t.oid) AS shards,
         CASE WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'replicated'
              WHEN coalesce(p.partmethod, 'n') = 'n' THEN 'local'
              WHEN p.partmethod = 'h' AND column_to_column_name(t.oid, p.partkey) = 'merchant_id'
                   AND p.colocationid = first.colocationid THEN 'by merchant'
              ELSE 'otherwise' END AS spread
    FROM (${MERCHANT_TABLES}) AS t
    LEFT JOIN pg_dist_partition AS p ON p.logicalrelid = t.oid
    LEFT JOIN pg_dist_partition AS first ON first.logicalrelid = to_regclass('${LEADING_TABLE}')
   ORDER BY t.name`;
