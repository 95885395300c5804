import { type Command, Option } from 'commander';
import { type FileFormat, fileFormats } from '../../service/import/reading/import-file.js';
import { IMPORT_MEMORY_DAYS } from '../../store/tables/imports.js';
import { OPERATOR_ACTOR } from '../actor.js';

/** The options of `holdfast import`, as they are typed. */
export interface ImportFlags {
  readonly merchant?: string | undefined;
  readonly format?: FileFormat | undefined;
  readonly delimiter?: string | undefined;
  /** `theirs=ours,…`, each time that it is given. */
  readonly map?: readonly string[] | undefined;
  readonly ignoreUnknownColumns?: boolean | undefined;
  /** `ours=value`, each time that it is given. */
  readonly default?: readonly string[] | undefined;
  readonly set?: boolean | undefined;
  readonly importId?: string | undefined;
  readonly actor: string;
  readonly dryRun: boolean;
}

export function addImportOptions(command: Command): Command {
  return command
    .argument('<file>', 'CSV with a line of column names, or JSON Lines')
    .option('--merchant <id>', 'the merchant; needed where there are several')
    .addOption(
      new Option('--format <format>', 'csv or jsonl; by the name of the file unless given').choices(
        fileFormats,
      ),
    )
    .option(
      '--delimiter <character>',
      'between values of CSV: , ; tab …; found by the names of the columns unless given',
    )
    .option(
      '--map <theirs=ours,…>',
      "what the file's columns are, such as 'Handle=productId,On hand=qty'; may be given again",
      again,
    )
    .option(
      '--ignore-unknown-columns',
      'pass over columns that are none of ours, instead of refusing the file',
    )
    .option(
      '--default <ours=value>',
      'what lines say that give no value, such as warehouseId=main; may be given again',
      again,
    )
    .option('--set', 'take qty as a count: what is on hand afterwards, however often it runs')
    .option(
      '--import-id <id>',
      `names the import, whose lines are done once: for ${IMPORT_MEMORY_DAYS} days, a second run doubles none; the content's hash unless given`,
    )
    .option('--actor <name>', 'kept in the log', OPERATOR_ACTOR)
    .option('--dry-run', 'check the file, and import nothing', false);
}

function again(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
