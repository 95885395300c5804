import { parseArgs } from 'node:util';
import { type Measure, measures } from './measures.js';
import type { ProbeRange } from './probe.js';

export interface Options {
  readonly quick: boolean;
  readonly measures: readonly Measure[];
  /** Writes a CPU profile of each process beside the results. */
  readonly profile: boolean;
  readonly rounds: number;
  /** Of each service, before anything is recorded. */
  readonly warmUpMs: number;
  readonly timing: { readonly warmupMs: number; readonly measureMs: number };
  readonly probe: ProbeRange;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `--quick`: one short round, for a first look. `--only 1,3`: these measures. `--profile`: where time goes. */
export function readOptions(args: readonly string[]): Options {
  let values: { quick?: boolean; only?: string; profile?: boolean };
  try {
    values = parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean' }, only: { type: 'string' }, profile: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const chosen = values.only === undefined ? measures : chooseMeasures(values.only);
  const common = { measures: chosen, profile: values.profile === true };
  return values.quick === true
    ? {
        ...common,
        quick: true,
        rounds: 1,
        warmUpMs: 1500,
        timing: { warmupMs: 600, measureMs: 1200 },
        probe: {
          plainPools: [10],
          sqlClients: [1, 4],
          sqlStatements: ['cte'],
          timing: { warmupMs: 100, measureMs: 500 },
        },
      }
    : {
        ...common,
        quick: false,
        rounds: 3,
        warmUpMs: 6000,
        timing: { warmupMs: 3000, measureMs: 8000 },
        probe: {
          plainPools: [2, 4, 10, 30],
          sqlClients: [1, 4, 10, 64],
          sqlStatements: ['locked', 'cte'],
          timing: { warmupMs: 1000, measureMs: 2000 },
        },
      };
}

function chooseMeasures(list: string): Measure[] {
  const ids = list.split(',').map(Number);
  const unknown = ids.find((id) => !measures.some((measure) => measure.id === id));
  if (unknown !== undefined) {
    const known = [...new Set(measures.map((measure) => measure.id))].join(', ');
    throw new UsageError(`--only: ${list} is not a list of measures; there are ${known}`);
  }
  return measures.filter((measure) => ids.includes(measure.id));
}
