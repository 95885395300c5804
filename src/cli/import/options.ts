import { type Command, Option } from 'commander';
import { type FileFormat, fileFormats } from '../../service/import/reading/import-file.js';
import { IMPORT_MEMORY_DAYS } from '../../store/tables/imports.js';
import { OPERATOR_ACTOR } from '../actor.js';

/** The options of `holdfast import`, as typed. */
export interface ImportFlags {
  readonly merchant?: string | undefined;
  readonly format?: FileFormat | undefined;
  readonly delimiter?: string | undefined;
  /** `theirs=ours,…`, once per use of the option. */
  readonly map?: readonly string[] | undefined;
  readonly ignoreUnknownColumns?: boolean | undefined;
  /** `ours=value`, once per use of the option. */
  readonly default?: readonly string[] | undefined;
  readonly set?: boolean | undefined;
  readonly importId?: string | undefined;
  readonly actor: string;
  readonly dryRun: boolean;
}

export function addImportOptions(command: Command): Command {
  return command
    .option('--merchant <id>', 'the merchant; required if there are several')
    .addOption(
      new Option('--format <format>', 'csv or jsonl; default: by the file name').choices(fileFormats),
    )
    .option(
      '--delimiter <character>',
      'separates CSV values: , ; tab …; default: detected from the line of column names',
    )
    .option(
      '--map <theirs=ours,…>',
      "maps the file's columns, such as 'Handle=productId,On hand=qty'; repeatable",
      again,
    )
    .option('--ignore-unknown-columns', 'ignore unknown columns instead of refusing the file')
    .option(
      '--default <ours=value>',
      'value for lines that give none, such as warehouseId=main; repeatable',
      again,
    )
    .option('--set', 'take qty as a count: the units on hand afterwards, however often it runs')
    .option(
      '--import-id <id>',
      `names the import; for ${IMPORT_MEMORY_DAYS} days, running it again repeats no line; default: the content's hash`,
    )
    .option('--actor <name>', 'name kept in the log', OPERATOR_ACTOR)
    .option('--dry-run', 'check the file without importing anything', false);
}

function again(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
