import type { DataSource } from 'typeorm';
import { sweepImports } from '../../store/tables/imports.js';
import { listMerchants } from '../../store/tables/merchants.js';

/** Lines deleted in one statement. */
const SWEEP_LINES_MAX = 1000;
/** Statements per merchant in one sweep; the rest waits for the next. */
const SWEEP_STEPS_MAX = 1000;

/** Forgets the outlived imports of all merchants, step by step. Several processes may do so at the same time. */
export async function sweepAllImports(dataSource: DataSource, isStopped: () => boolean): Promise<void> {
  for (const { merchantId } of await listMerchants(dataSource)) {
    for (let step = 1, more = true; more && step <= SWEEP_STEPS_MAX && !isStopped(); step++) {
      more = await sweepImports(dataSource, merchantId, SWEEP_LINES_MAX);
    }
  }
}
