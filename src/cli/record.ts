import type { Environment } from '../config.js';
import { QTY_MAX } from '../domain/stock.js';
import { requireMerchant } from '../service/merchants.js';
import { seedRecords } from '../store/seed.js';
import { isUniqueViolation } from '../store/sqlstate.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';

/** `holdfast record create`: an inventory record with units on hand, and the log entry that accounts for them. */
export async function recordCreateCommand(
  env: Environment,
  options: { merchant: string; id: string; onHand: string },
): Promise<CommandResult> {
  const { merchant, id } = options;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
    throw new UsageError('--id must have 1 to 64 characters of A-Z a-z 0-9 . _ -');
  }
  const onHandQty = Number(options.onHand);
  if (!/^\d+$/.test(options.onHand) || onHandQty > QTY_MAX) {
    throw new UsageError(`--on-hand must be a whole number from 0 to ${QTY_MAX}`);
  }
  return withDatabase(env, async ({ dataSource }) => {
    await requireMerchant(dataSource, merchant);
    await seedRecords(dataSource, merchant, [{ id, onHandQty, reservedQty: 0 }]).catch((error) => {
      if (isUniqueViolation(error)) throw new UsageError(`the merchant already has a record ${id}`);
      throw error;
    });
    const data = { merchantId: merchant, id, onHandQty, reservedQty: 0, availableQty: onHandQty };
    return { data, text: `Record ${id} with ${onHandQty} on hand` };
  });
}
