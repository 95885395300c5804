import { median, type Reading } from './reading.js';
import type { Report } from './report.js';

export function measuresTable(report: Report): string {
  const rows = report.measures.map(({ id, name, value, bar, holds }) => [
    String(id),
    name,
    String(value),
    bar,
    bar === 'none' ? '' : holds ? 'holds' : 'MISSED',
  ]);
  return table(['#', 'measure', 'value', 'bar', ''], rows);
}

/** Medians over the rounds. CPU: processors kept busy on average, by server, load generator and database. */
export function turnsTable(report: Report): string {
  const rows = Object.entries(report.turns).map(([name, readings]) => {
    const middle = (of: (reading: Reading) => number): number => median(readings.map(of));
    const cpu = (of: (reading: Reading) => number | undefined): string =>
      middle((reading) => (of(reading) ?? Number.NaN) / reading.seconds).toFixed(2);
    return [
      name,
      readings.at(-1)!.setting,
      Math.round(middle((r) => r.perSecond)).toLocaleString('en'),
      middle((r) => r.latencyMs.p50).toFixed(2),
      middle((r) => r.latencyMs.p99).toFixed(2),
      cpu((r) => r.cpuSeconds.server),
      cpu((r) => r.cpuSeconds.generator),
      cpu((r) => r.cpuSeconds.database),
    ];
  });
  const head = ['turn', 'setting', 'calls/s', 'p50 ms', 'p99 ms', 'cpu: srv', 'gen', 'db'];
  return table(head, rows);
}

/** The results of a turn that is reported in parts, part by part. Empty if there is no such turn. */
export function partsTable(report: Report): string {
  const rows = Object.values(report.turns).flatMap((readings) =>
    readings.flatMap(({ parts = [], memoryMiB = [] }) =>
      parts.map(({ perSecond, latencyMs }, i) => [
        String(i + 1),
        Math.round(perSecond).toLocaleString('en'),
        latencyMs.p50.toFixed(2),
        latencyMs.p99.toFixed(2),
        memoryMiB[i]!.toFixed(0),
      ]),
    ),
  );
  return rows.length === 0 ? '' : table(['part', 'calls/s', 'p50 ms', 'p99 ms', 'MiB'], rows);
}

/**
 * Which callers were refused, and why, or had no answer in the measured time; of all rounds, also before and after that
 * time. Empty if there are none.
 */
export function refusalsTable(report: Report): string {
  const rows = Object.entries(report.turns).flatMap(([name, readings]) => {
    const sum = (of: (reading: Reading) => number) => readings.reduce((all, reading) => all + of(reading), 0);
    const reasons = [...new Set(readings.flatMap(({ refusals }) => Object.keys(refusals)))];
    if (reasons.length === 0 && readings.every(({ perSecond }) => perSecond > 0)) return [];
    const refused = reasons.map((reason) => {
      const calls = sum(({ refusals }) => refusals[reason] ?? 0);
      return `${reason} ${calls.toLocaleString('en')}`;
    });
    const slowestMs = Math.max(...readings.map((reading) => reading.slowestMs));
    const granted = sum(({ successes }) => successes).toLocaleString('en');
    return [[name, granted, refused.join(', '), slowestMs.toFixed(0)]];
  });
  return rows.length === 0 ? '' : table(['turn', 'granted', 'refused', 'slowest answer ms'], rows);
}

/** Measures that this run lacks. */
export function remark({ run }: Report): string {
  return run.notMeasured.length === 0 ? '' : `Not measured in this run: ${run.notMeasured.join(', ')}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
