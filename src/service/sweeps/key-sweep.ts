import type { DataSource } from 'typeorm';
import { sweepIdempotencyKeys } from '../../store/tables/idempotency-keys.js';
import { Overdue } from '../../timing/overdue.js';
import { eachMerchant } from './each-merchant.js';

/** Rows deleted in one statement; more would hold locks for too long. */
const SWEEP_ROWS_MAX = 1000;

/** Merchants of one sweep. An outlived key has no effect, so nobody waits for the others' turn. */
export const KEY_SWEEP_MERCHANTS = { min: 100, max: 1000 };

/** Forgets the outlived idempotency keys of merchants. Several processes may do so at the same time. */
export async function sweepKeys(
  dataSource: DataSource,
  merchantIds: readonly string[],
  isStopped: () => boolean,
  overdue = new Overdue(),
): Promise<number> {
  let swept = 0;
  await eachMerchant(merchantIds, isStopped, overdue, async (merchantId) => {
    for (let found = SWEEP_ROWS_MAX; found === SWEEP_ROWS_MAX && !isStopped(); ) {
      found = await sweepIdempotencyKeys(dataSource, merchantId, SWEEP_ROWS_MAX);
      swept += found;
    }
  });
  return swept;
}
