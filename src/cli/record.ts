import type { Command } from 'commander';
import type { Environment } from '../config.js';
import type { Rejection } from '../domain/failure.js';
import { failureMessage } from '../domain/failure-message.js';
import type { RecordIdentity } from '../domain/inventory-record.js';
import type { Column } from '../service/import/rows/columns.js';
import { type Receipt, readReceipt } from '../service/import/rows/receipt.js';
import { requireMerchant } from '../service/merchants.js';
import { recordIdProblem } from '../service/record-id.js';
import { OPERATOR_ACTOR, readActor } from './actor.js';
import { addCommand, merchantOption, type Process } from './command.js';
import { CommandRefused, type CommandResult, commandConfig, UsageError, withDatabase } from './context.js';
import { runCommand } from './engine.js';

export function defineRecord(group: Command, { env, finish }: Process): void {
  addCommand(group, 'create', 'create a record with units on hand')
    .requiredOption(...merchantOption)
    .requiredOption('--id <id>', 'the id that callers use: 1 to 64 of A-Z a-z 0-9 . _ - (required)')
    .requiredOption('--on-hand <units>', 'units physically in stock (required)')
    .option('--product <id>', "the product; default: the record's id")
    .option('--sku <id>', 'the SKU; default: none')
    .option('--warehouse <id>', 'the warehouse', 'main')
    .option('--warehouse-name <name>', 'its display name')
    .option('--location <text>', 'where the units are in the warehouse')
    .option('--reorder-level <units>', 'the record is low at or below this many available units')
    .option('--reorder-qty <units>', 'units to order when it is low')
    .option('--attributes <json>', 'what distinguishes the variant, such as \'{"colour": "red"}\'')
    .option('--actor <name>', 'name kept in the log', OPERATOR_ACTOR)
    .action((options: RecordCreateOptions, command) => finish(command, recordCreateCommand(env, options)));
}

interface RecordCreateOptions {
  readonly merchant: string;
  readonly id: string;
  readonly onHand: string;
  /** Default: the record's own id. */
  readonly product?: string;
  readonly sku?: string;
  readonly warehouse: string;
  readonly warehouseName?: string;
  readonly location?: string;
  readonly reorderLevel?: string;
  readonly reorderQty?: string;
  /** A JSON object. */
  readonly attributes?: string;
  readonly actor: string;
}

const optionOf: Readonly<Partial<Record<Column, string>>> = {
  productId: '--product',
  skuId: '--sku',
  warehouseId: '--warehouse',
  warehouseName: '--warehouse-name',
  qty: '--on-hand',
  location: '--location',
  reorderLevel: '--reorder-level',
  reorderQty: '--reorder-qty',
  variantAttributes: '--attributes',
};

/**
 * `holdfast record create`: creates an inventory record with units on hand, and the log entry that accounts for them;
 * exits with 1 if the merchant already has it.
 */
export async function recordCreateCommand(
  env: Environment,
  options: RecordCreateOptions,
): Promise<CommandResult> {
  const { merchant, id } = options;
  const problem = recordIdProblem(id);
  if (problem !== undefined) throw new UsageError(`--id ${problem}`);
  const { details, qty: onHandQty } = readOptions(options);
  const actor = readActor(options.actor);
  return withDatabase(
    env,
    async (database, config) => {
      await requireMerchant(database.dataSource, merchant);
      const command = {
        kind: 'create_record',
        merchantId: merchant,
        actor,
        id,
        initialQty: onHandQty,
      } as const;
      const outcome = await runCommand(database, config, { ...command, details, notes: 'initial stock' });
      if (!outcome.ok) throw new CommandRefused(refusal(outcome.rejection, details));
      const data = { merchantId: merchant, id, onHandQty, reservedQty: 0, availableQty: onHandQty };
      return { data, text: `Record ${id} with ${onHandQty} on hand` };
    },
    commandConfig(env),
  );
}

function refusal(rejection: Rejection, { productId, skuId, warehouseId }: RecordIdentity): string {
  if (rejection.reason !== 'INVENTORY_ALREADY_EXISTS') return failureMessage(rejection);
  if (rejection.id !== undefined) return `the merchant already has a record ${rejection.id}`;
  const sku = skuId === '' ? 'without a SKU' : `with the SKU ${skuId}`;
  return `the merchant already has a record of the product ${productId} ${sku} in the warehouse ${warehouseId}`;
}

/** The options as an import line, whose columns have other names. */
function readOptions(options: RecordCreateOptions): Receipt {
  const given: Partial<Record<Column, string | undefined>> = {
    productId: options.product ?? options.id,
    skuId: options.sku,
    warehouseId: options.warehouse,
    warehouseName: options.warehouseName,
    qty: options.onHand,
    location: options.location,
    reorderLevel: options.reorderLevel,
    reorderQty: options.reorderQty,
    variantAttributes: options.attributes,
  };
  const fields = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  const receipt = readReceipt(Object.fromEntries(fields));
  if (!Array.isArray(receipt)) return receipt;
  throw new UsageError(receipt.map(({ column, problem }) => `${optionOf[column]} ${problem}`).join('; '));
}
