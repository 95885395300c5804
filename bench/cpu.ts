import type { Arena } from './arena.js';
import type { Child } from './child.js';
import type { LoadTiming } from './load/tally.js';
import type { Reading } from './reading.js';

/** Runs a turn, and measures how much processor time it took. */
export async function withCpu<R extends object>(
  arena: Arena,
  servers: readonly Child[],
  { warmupMs, measureMs }: LoadTiming,
  run: () => Promise<R>,
): Promise<R & Pick<Reading, 'seconds' | 'cpuSeconds'>> {
  const used = () =>
    Promise.all([
      secondsOf(servers),
      secondsOf([arena.generator, arena.floodGenerator]),
      arena.databaseCpu.seconds(),
    ]);
  const before = await used();
  const result = await run();
  const after = await used();
  const [databaseBefore, databaseAfter] = [before[2], after[2]];
  const database =
    databaseBefore === undefined || databaseAfter === undefined ? undefined : databaseAfter - databaseBefore;
  return {
    ...result,
    seconds: (warmupMs + measureMs) / 1000,
    cpuSeconds: { server: after[0] - before[0], generator: after[1] - before[1], database },
  };
}

async function secondsOf(children: readonly Child[]): Promise<number> {
  const seconds = await Promise.all(children.map((child) => child.cpuSeconds()));
  return seconds.reduce((sum, each) => sum + each, 0);
}
