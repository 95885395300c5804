import type { DataSource } from 'typeorm';

/** What a database knows about its cluster. */
export interface Cluster {
  readonly isCoordinator: boolean;
  /** Nodes that take shards. */
  readonly nodes: number;
  /** Services that run on this database. */
  readonly services: number;
}

/** Undefined on a PostgreSQL that cannot distribute tables. */
export async function readCluster(dataSource: DataSource): Promise<Cluster | undefined> {
  const extensions: unknown[] = await dataSource.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'");
  if (extensions.length === 0) return undefined;
  const [row]: { is_coordinator: boolean; nodes: number; services: number }[] = await dataSource.query(`
    SELECT (SELECT groupid = 0 FROM pg_dist_local_group) AS is_coordinator,
           (SELECT count(*)::int FROM pg_dist_node
             WHERE isactive AND noderole = 'primary' AND shouldhaveshards) AS nodes,
           (SELECT count(*)::int FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'holdfast-changes') AS services`);
  const { is_coordinator: isCoordinator, nodes, services } = row!;
  return { isCoordinator, nodes, services };
}
