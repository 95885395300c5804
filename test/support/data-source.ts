import type { DataSource } from 'typeorm';
import {
  createDataSource,
  type DatabaseLimits,
  type DataSourceRole,
} from '../../src/store/connection/data-source.js';

const limits: DatabaseLimits = {
  poolConnectionsMax: 10,
  connectTimeoutMs: 5000,
  lockTimeoutMs: 2000,
  statementTimeoutMs: 10_000,
};

/** The service's own pool on a test's database. It does not report lost connections: tests cut them. */
export async function openDataSource(
  url: string,
  override: Partial<DatabaseLimits> = {},
  role: DataSourceRole = 'changes',
): Promise<DataSource> {
  const dataSource = createDataSource(url, { ...limits, ...override }, () => {}, role);
  return dataSource.initialize();
}
