import type { Command } from 'commander';
import type { Environment } from '../config.js';
import { oneLine } from '../printable.js';
import { type AuditReport, audit } from '../service/audit.js';
import type { Process } from './command.js';
import { type CommandResult, withDatabase } from './context.js';

export function defineAudit(command: Command, { env, finish }: Process): void {
  command
    .option('--merchant <id>', 'only this merchant')
    .option('--repair', 'rewrite counters that drifted from the holds, and log it', false)
    .action((options: AuditOptions) => finish(command, auditCommand(env, options)));
}

interface AuditOptions {
  readonly merchant?: string;
  readonly repair: boolean;
}

/** `holdfast audit`: checks that counters, holds and log agree; exits with 1 if they do not. */
export function auditCommand(env: Environment, options: AuditOptions): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const report = await audit(dataSource, { merchantId: options.merchant, repair: options.repair });
    return { data: report, text: describe(report), exitCode: report.consistent ? 0 : 1 };
  });
}

function describe(report: AuditReport): string {
  const lines = report.drift.map((d) =>
    oneLine(`${d.merchantId} ${d.inventoryId}: ${d.problems.join('; ')}${d.repaired ? ' (repaired)' : ''}`),
  );
  const open = report.drift.filter((d) => !d.repaired).length;
  const verdict = open === 0 ? 'consistent' : `${open} drifted`;
  return [
    ...lines,
    `${count(report.records, 'record')} of ${count(report.merchants, 'merchant')} checked: ${verdict}.`,
  ].join('\n');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
