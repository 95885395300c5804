import { type Cleanup, openArena } from './arena.js';
import { AuditFailed } from './audit.js';
import { compile } from './compile.js';
import { type Options, readOptions, UsageError } from './options.js';
import { findBestSettings } from './probe.js';
import type { Reading } from './reading.js';
import { createReport, measuresTable, type Report, turnsTable, writeReport } from './report.js';
import { playRound, type Round, turnsOf, warmUp } from './rounds.js';
import { turns } from './turns.js';

/** The bench: all sides in turns on one database, ratios against their bars. See README.md. */
async function main(cleanup: Cleanup): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  compile();
  note('starting PostgreSQL and the sides');
  const arena = await openArena(cleanup, options);
  const names = turnsOf(options.measures);
  await warmUp(arena, names, options.warmUpMs);

  const recordsOf = (side: 'plain' | 'sql', filter: (name: (typeof names)[number]) => boolean) => [
    ...new Set(
      names
        .filter((name) => turns[name].side === side)
        .filter(filter)
        .map((name) => turns[name].records),
    ),
  ];
  const settings = await findBestSettings(
    arena,
    options.probe,
    { plain: recordsOf('plain', () => true), sql: recordsOf('sql', (name) => turns[name].load === 'best') },
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
    rounds.push(await playRound(arena, names, settings, options.timing, told));
  }

  const report = createReport(options.measures, rounds, {
    quick: options.quick,
    postgres: arena.postgresVersion,
  });
  writeReport(report);
  print(options, report);
  return 0;
}

function print({ timing }: Options, report: Report): void {
  const seconds = (timing.warmupMs + timing.measureMs) / 1000;
  process.stdout.write(`\n${turnsTable(report, seconds)}\n\n${measuresTable(report)}\n`);
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

const cleanup: Cleanup = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    note('stopping');
    void undo(cleanup).then(() => process.exit(130));
  });
}
let exitCode = 1;
try {
  exitCode = await main(cleanup);
} catch (error) {
  if (error instanceof AuditFailed) note(`the audit failed, so there are no figures: ${error.message}`);
  else if (error instanceof UsageError) note(`bench: ${error.message}`);
  else note(`bench: ${(error as Error).stack}`);
}
await undo(cleanup);
process.exit(exitCode);
