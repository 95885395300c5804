import { parseArgs } from 'node:util';
import type { Measure } from './measure.js';
import { measuresOf } from './measures.js';
import type { ProbeRange } from './probe.js';
import type { Timings } from './rounds.js';

export interface Options {
  readonly quick: boolean;
  readonly measures: readonly Measure[];
  /** Writes a CPU profile of each process next to the results. */
  readonly profile: boolean;
  /** Only draws the results of the last run. */
  readonly chart: boolean;
  /** Also takes the latency at parts of the highest rate, which the chart shows. */
  readonly curve: boolean;
  readonly rounds: number;
  /** How long each service warms up before anything is recorded. */
  readonly warmUpMs: number;
  readonly timings: Timings;
  readonly probe: ProbeRange;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * `--quick`: one short round, for a first look. `--only 1,3`: these measures. `--only 9`: ten minutes of load, or
 * `--minutes` of it. `--only 22`: tables with a long history. `--profile`: where time goes. `--curve`: latency against
 * load, too, as in a full run. `--chart`: draws the last run, and runs nothing.
 */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const quick = values.quick === true;
  const all = measuresOf(quick ? 'quick' : 'full');
  const chosen =
    values.only === undefined
      ? all.filter(({ alone, long }) => !alone && !(quick && long))
      : chooseMeasures(all, values.only);
  const soakMs = minutesOf(values.minutes) * 60_000;
  const runsAlone = chosen.some((measure) => measure.alone);
  const common = {
    quick,
    measures: chosen,
    profile: values.profile === true,
    chart: values.chart === true,
    curve: values.curve === true || (!quick && values.only === undefined),
  };
  return quick
    ? {
        ...common,
        rounds: 1,
        warmUpMs: 1000,
        timings: {
          turn: { warmupMs: 500, measureMs: 1000 },
          sustain: { warmupMs: 3000, measureMs: 3000 },
          soak: { warmupMs: 400, measureMs: 30_000, parts: 10 },
          // Longer than LOCK_TIMEOUT_MS, which is 2000.
          scene: { warmupMs: 500, measureMs: 5000 },
        },
        probe: {
          plainPools: [10],
          sqlClients: [1, 4],
          sqlStatements: ['cte'],
          timing: { warmupMs: 100, measureMs: 500 },
        },
      }
    : {
        ...common,
        rounds: runsAlone ? 1 : 3,
        warmUpMs: 6000,
        timings: {
          turn: { warmupMs: 3000, measureMs: 8000 },
          // Its first half uses up what makes a short turn fast: empty tables, and pages that were just checkpointed.
          sustain: runsAlone
            ? { warmupMs: soakMs / 4, measureMs: soakMs / 4 }
            : { warmupMs: 30_000, measureMs: 30_000 },
          soak: { warmupMs: 3000, measureMs: soakMs, parts: 10 },
          scene: { warmupMs: 2000, measureMs: 17_500 },
        },
        probe: {
          plainPools: [2, 4, 10, 30],
          sqlClients: [1, 4, 10, 64],
          sqlStatements: ['locked', 'cte'],
          timing: { warmupMs: 1000, measureMs: 2000 },
        },
      };
}

interface Arguments {
  quick?: boolean;
  only?: string;
  profile?: boolean;
  curve?: boolean;
  chart?: boolean;
  minutes?: string;
}

function parse(args: readonly string[]): Arguments {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        profile: { type: 'boolean' },
        curve: { type: 'boolean' },
        chart: { type: 'boolean' },
        minutes: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function minutesOf(text = '10'): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 120))
    throw new UsageError(`--minutes: ${text} is not a number of 0 to 120`);
  return minutes;
}

function chooseMeasures(all: readonly Measure[], list: string): Measure[] {
  const ids = list.split(',').map(Number);
  const unknown = ids.find((id) => !all.some((measure) => measure.id === id));
  if (unknown !== undefined) {
    const known = [...new Set(all.map((measure) => measure.id))].join(', ');
    throw new UsageError(`--only: ${list} is not a list of measures; there are ${known}`);
  }
  const chosen = all.filter((measure) => ids.includes(measure.id));
  const alone = chosen.find((measure) => measure.alone)?.id;
  if (alone !== undefined && chosen.some((measure) => measure.id !== alone)) {
    throw new UsageError(`--only: ${alone} takes many minutes and runs alone`);
  }
  return chosen;
}
