import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './measure.js';
import { measuresOf } from './measures.js';
import { median, type Reading } from './reading.js';
import { RESULTS_FOLDER } from './results-folder.js';
import { figureOf, type Round } from './rounds.js';

/** The result of a run of the bench; the first two members are published. */
export interface Report {
  readonly measures: readonly MeasuredValue[];
  readonly machine: Machine;
  readonly run: {
    readonly date: string;
    readonly quick: boolean;
    readonly rounds: number;
    /** Measures of the specification that this run lacks: their numbers, with a name where only a part is missing. */
    readonly notMeasured: readonly string[];
  };
  /** Per measure, each round's figure; per turn, each round's reading: for diagnosis. */
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
  /** `none`: shown for comparison. */
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
    rounds: rounds.map((round) => figureOf(measure, round)),
  }));
  return {
    measures: measures.map((measure, i) => toValue(measure, median(ratios[i]!.rounds))),
    machine: machine(run.postgres),
    run: {
      date: new Date().toISOString(),
      quick: run.quick,
      rounds: rounds.length,
      notMeasured: notMeasured(measures),
    },
    ratios,
    turns: Object.fromEntries(
      [...(rounds[0]?.keys() ?? [])].map((name) => [name, rounds.map((round) => round.get(name)!)]),
    ),
  };
}

function notMeasured(measured: readonly Measure[]): string[] {
  const missing = measuresOf('full').filter(({ name }) => !measured.some((each) => each.name === name));
  const texts = missing.map(({ id, name }) =>
    measured.some((each) => each.id === id) ? `${id} (${name})` : String(id),
  );
  return [...new Set(texts)];
}

function toValue({ id, name, bar }: Measure, value: number): MeasuredValue {
  const [holds, text] =
    bar === 'none'
      ? [true, 'none']
      : 'atLeast' in bar
        ? [value >= bar.atLeast, `≥ ${bar.atLeast}`]
        : [value <= bar.atMost, `≤ ${bar.atMost}`];
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
