import { type Arena, type Cleanup, openArena } from './arena.js';
import { AuditFailed } from './audit.js';
import { drawCharts, NothingToDraw } from './chart/charts.js';
import { compile } from './compile.js';
import { readOptions, UsageError } from './options.js';
import { findBestSettings } from './probe.js';
import type { Reading } from './reading.js';
import { createReport, type Report, writeReport } from './report.js';
import { NothingMeasured, playRound, type Round, turnsOf, warmUp } from './rounds.js';
import { measuresTable, partsTable, refusalsTable, remark, turnsTable } from './tables.js';
import { curveShares, curveSides, curveTurn, turns } from './turns.js';

const curve = curveSides.flatMap((side) => curveShares.map((share) => curveTurn(side, share)));

/** The bench: all sides in turns on one database, ratios against their bars. See README.md. */
async function main(cleanup: Cleanup): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.chart) {
    drawCharts();
    return 0;
  }
  compile();
  note('starting PostgreSQL and the sides');
  opening = openArena(cleanup, options);
  const arena = await opening;
  const names = turnsOf(options.measures, options.curve ? curve : []);
  await warmUp(arena, names, options.warmUpMs);

  const recordsOf = (side: 'plain' | 'sql', load?: 'best') => {
    const records = names.flatMap((name) => {
      const turn = turns[name];
      if (turn.side === 'scene' || turn.side !== side) return [];
      return load === undefined || turn.load === load ? [turn.records] : [];
    });
    return [...new Set(records)];
  };
  const settings = await findBestSettings(
    arena,
    options.probe,
    { plain: recordsOf('plain'), sql: recordsOf('sql', 'best') },
    note,
  );

  const rounds: Round[] = [];
  for (let i = 1; i <= options.rounds; i++) {
    const told = (name: string, reading: Reading): void => {
      const { perSecond, latencyMs } = reading;
      note(
        `round ${i}: ${name}: ${Math.round(perSecond)}/s, p50 ${latencyMs.p50.toFixed(2)} ms, p99 ${latencyMs.p99.toFixed(2)} ms`,
      );
    };
    const toldMemory = (part: number, memoryMiB: number): void => {
      note(`part ${part}: ${memoryMiB.toFixed(0)} MiB`);
    };
    rounds.push(await playRound(arena, names, settings, options.timings, told, toldMemory));
  }

  const report = createReport(options.measures, rounds, {
    quick: options.quick,
    postgres: arena.postgresVersion,
  });
  writeReport(report);
  print(report);
  return 0;
}

function print(report: Report): void {
  const shown = [
    turnsTable(report),
    partsTable(report),
    refusalsTable(report),
    measuresTable(report),
    remark(report),
  ];
  process.stdout.write(`\n${shown.filter((text) => text !== '').join('\n\n')}\n`);
}

/** Progress goes to standard error: standard output holds nothing but figures that passed the audit. */
function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function undo(cleanup: Cleanup): Promise<void> {
  for (let step = cleanup.pop(); step !== undefined; step = cleanup.pop()) {
    await step().catch((error: unknown) => note(`cleaning up: ${String(error)}`));
  }
}

/** What main threw: one line, unless it is a bug of the bench. */
function explain(error: unknown): string {
  if (error instanceof AuditFailed) return `the audit failed, so there are no figures: ${error.message}`;
  if (error instanceof UsageError || error instanceof NothingMeasured || error instanceof NothingToDraw)
    return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const cleanup: Cleanup = [];
/** Cleaning up waits for it: what it creates afterwards would stay. */
let opening: Promise<Arena> | undefined;
// A turn that Ctrl-C cuts short fails; only the signal's own path may then clean up and end the process.
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Arrives twice from a terminal: once for the whole group, and once from the runner, which passes it on.
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    note('stopping');
    void Promise.allSettled([opening])
      .then(() => undo(cleanup))
      .then(() => process.exit(130));
  });
}
let exitCode = 1;
try {
  exitCode = await main(cleanup);
} catch (error) {
  if (!stopping) note(`bench: ${explain(error)}`);
}
if (!stopping) {
  await undo(cleanup);
  if (!stopping) process.exit(exitCode);
}
