import type { DataSource } from 'typeorm';
import { HoldSweep } from '../../src/engine/hold-sweep.js';
import { sweepImportsOf } from '../../src/service/sweeps/import-sweep.js';
import { sweepKeys } from '../../src/service/sweeps/key-sweep.js';
import { listMerchants } from '../../src/store/tables/merchants.js';

/** One sweep of the holds, keys or imports of all merchants, in a process that does not know them yet. */
export function sweepExpiredHolds(
  dataSource: DataSource,
  isStopped: () => boolean,
  onChange?: (merchantId: string) => void,
): Promise<number> {
  return new HoldSweep(dataSource, onChange).sweep(isStopped);
}

export async function sweepAllKeys(dataSource: DataSource, isStopped: () => boolean): Promise<number> {
  return sweepKeys(dataSource, await allMerchants(dataSource), isStopped);
}

export async function sweepAllImports(dataSource: DataSource, isStopped: () => boolean): Promise<void> {
  return sweepImportsOf(dataSource, await allMerchants(dataSource), isStopped);
}

async function allMerchants(dataSource: DataSource): Promise<string[]> {
  return (await listMerchants(dataSource)).map(({ merchantId }) => merchantId);
}
