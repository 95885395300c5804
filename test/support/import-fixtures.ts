import { type ImportCommandOptions, importCommand } from '../../src/cli/import/import.js';
import type { Environment } from '../../src/config.js';
import { createMerchant } from '../../src/service/merchants.js';
import { test as base, opened } from './fixtures.js';
import { ImportFiles } from './import-files.js';
import { onDatabase } from './process.js';

export interface ImportData {
  readonly importId: string;
  readonly badLines: { line: number; problems: string[] }[];
}

/** The fixtures of the import's tests: each test has a merchant of its own. */
export const test = base
  .extend(
    'files',
    { scope: 'file' },
    opened(
      () => new ImportFiles(),
      (files) => files.remove(),
    ),
  )
  .extend('merchantId', async ({ stage }) => {
    const { merchantId } = await createMerchant(stage.dataSource, 'Imports', 'test');
    return merchantId;
  })
  /** A file with lines of product, warehouse and quantity. */
  .extend(
    'csv',
    ({ files }) =>
      (...lines: string[]): string =>
        files.write(`productId,warehouseId,qty\n${lines.join('\n')}\n`),
  )
  /** Runs the command as scripts do, with --json. */
  .extend(
    'run',
    ({ stage, merchantId }) =>
      async (file: string, options: Partial<ImportCommandOptions> & { env?: Environment } = {}) => {
        const { env, ...given } = options;
        const { data, text, exitCode } = await importCommand(onDatabase(stage.database.url, env), {
          file,
          merchant: merchantId,
          actor: 'ann',
          dryRun: false,
          json: true,
          signal: new AbortController().signal,
          ...given,
        });
        return { data: data as ImportData, text, exitCode };
      },
  )
  /** Product → units on hand, `product@warehouse` where that is not W; fails unless counters and log agree. */
  .extend('inStock', ({ stage, merchantId }) => async (of = merchantId): Promise<Record<string, number>> => {
    await stage.expectAuditClean();
    const rows = await stage.database.query<{ name: string; qty: number }>(
      `SELECT r.product_id || CASE r.warehouse_id WHEN 'W' THEN '' ELSE '@' || r.warehouse_id END AS name,
                  s.on_hand_qty AS qty
             FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id) WHERE s.merchant_id = $1`,
      [of],
    );
    return Object.fromEntries(rows.map(({ name, qty }) => [name, qty]));
  });
