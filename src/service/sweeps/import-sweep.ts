import type { DataSource } from 'typeorm';
import { sweepImports } from '../../store/tables/imports.js';
import { Overdue } from '../../timing/overdue.js';
import { eachMerchant } from './each-merchant.js';

/** Lines deleted in one statement. */
const SWEEP_LINES_MAX = 1000;
/** Statements per merchant in one sweep; the rest waits for the next. */
const SWEEP_STEPS_MAX = 1000;

/** Merchants of one sweep. An outlived import has no effect, so nobody waits for the others' turn. */
export const IMPORT_SWEEP_MERCHANTS = { min: 100, max: 1000 };

/** Forgets the outlived imports of merchants, step by step. Several processes may do so at the same time. */
export function sweepImportsOf(
  dataSource: DataSource,
  merchantIds: readonly string[],
  isStopped: () => boolean,
  overdue = new Overdue(),
): Promise<void> {
  return eachMerchant(merchantIds, isStopped, overdue, async (merchantId) => {
    for (let step = 1, more = true; more && step <= SWEEP_STEPS_MAX && !isStopped(); step++) {
      more = await sweepImports(dataSource, merchantId, SWEEP_LINES_MAX);
    }
  });
}
