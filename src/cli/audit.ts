import type { Environment } from '../config.js';
import { oneLine } from '../printable.js';
import { type AuditReport, audit } from '../service/audit.js';
import { type CommandResult, withDatabase } from './context.js';

/** `holdfast audit`: checks that counters, holds and log agree; exits with 1 where they do not. */
export function auditCommand(
  env: Environment,
  options: { merchant?: string | undefined; repair: boolean },
): Promise<CommandResult> {
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
