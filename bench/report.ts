import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measure } from './measures.js';
import { median, type Reading } from './reading.js';
import { type Round, ratio } from './rounds.js';

/** Ignored by git. */
export const RESULTS_FOLDER = fileURLToPath(new URL('results', import.meta.url));

/** What a run of the bench leaves behind; the first two members are its published form. */
export interface Report {
  readonly measures: readonly MeasuredValue[];
  readonly machine: Machine;
  readonly run: { readonly date: string; readonly quick: boolean; readonly rounds: number };
  /** Per measure, each round's ratio; per turn, each round's reading: for diagnosis. */
  readonly ratios: readonly {
    readonly id: number;
    readonly name: string;
    readonly rounds: readonly number[];
  }[];
  readonly turns: Readonly<Record<string, readonly Reading[]>>;
}

export interface MeasuredValue {
  readonly id: number;
  readonly name: string;
  readonly value: number;
  readonly bar: string;
  readonly holds: boolean;
}

interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
}

export function createReport(
  measures: readonly Measure[],
  rounds: readonly Round[],
  run: { quick: boolean; postgres: string },
): Report {
  const ratios = measures.map((measure) => ({
    id: measure.id,
    name: measure.name,
    rounds: rounds.map((round) => ratio(measure, round)),
  }));
  return {
    measures: measures.map((measure, i) => toValue(measure, median(ratios[i]!.rounds))),
    machine: machine(run.postgres),
    run: { date: new Date().toISOString(), quick: run.quick, rounds: rounds.length },
    ratios,
    turns: Object.fromEntries(
      [...(rounds[0]?.keys() ?? [])].map((name) => [name, rounds.map((round) => round.get(name)!)]),
    ),
  };
}

function toValue({ id, name, bar }: Measure, value: number): MeasuredValue {
  const [holds, text] =
    'atLeast' in bar ? [value >= bar.atLeast, `≥ ${bar.atLeast}`] : [value <= bar.atMost, `≤ ${bar.atMost}`];
  return { id, name, value: Number(value.toPrecision(3)), bar: text, holds };
}

function machine(postgres: string): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    postgres,
  };
}

export function writeReport(report: Report): void {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  writeFileSync(join(RESULTS_FOLDER, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`);
}

export function measuresTable(report: Report): string {
  const rows = report.measures.map(({ id, name, value, bar, holds }) => [
    String(id),
    name,
    String(value),
    bar,
    holds ? 'holds' : 'MISSED',
  ]);
  return table(['#', 'measure', 'value', 'bar', ''], rows);
}

/** Medians over the rounds. CPU: processors kept busy on average, by server, load generator and database. */
export function turnsTable(report: Report, seconds: number): string {
  const rows = Object.entries(report.turns).map(([name, readings]) => {
    const middle = (of: (reading: Reading) => number): number => median(readings.map(of));
    const cpu = (of: (reading: Reading) => number | undefined): string =>
      (middle((reading) => of(reading) ?? Number.NaN) / seconds).toFixed(2);
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
