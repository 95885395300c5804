import type { Arena } from './arena.js';
import type { LoadPlan, LoadResult } from './load/plan.js';
import type { LoadTiming } from './load/tally.js';
import { watchMemory } from './memory.js';
import type { Reading } from './reading.js';
import type { SqlPlan } from './sides/sql.js';
import type { ServedTurn } from './turns.js';

type SqlLoad = Pick<SqlPlan, 'statement' | 'clients' | 'records'>;
type ServedLoad = Omit<ServedTurn, 'load' | 'soak'> & Pick<LoadPlan, 'arrival'>;

/** One turn of a side that serves: reset, load, audit. `noteMemory`: called as the turn's parts pass. */
export async function playServed(
  arena: Arena,
  load: ServedLoad,
  pool: number | undefined,
  timing: LoadTiming,
  noteMemory: (part: number, memoryMiB: number) => void = () => undefined,
): Promise<Reading> {
  const { process, addresses, database, headers } = arena.served[load.side];
  const { tableRecords = load.records, orderLines = 0 } = load;
  const { parts = 0 } = timing;
  await database?.reset(tableRecords);
  if (pool !== undefined) await process.ask('usePool', pool);
  const plan: LoadPlan = {
    door: load.door,
    address: addresses[load.door]!,
    headers,
    arrival: load.arrival,
    records: load.records,
    tableRecords,
    orderLines,
    soldOutShare: load.soldOutShare ?? 0,
    idempotencyKeys: load.idempotencyKeys ?? false,
    ...timing,
    parts,
  };
  const run = async () => {
    const ran = arena.generator.ask<LoadResult>('run', plan);
    if (parts === 0) return ran;
    const [result, memoryMiB] = await Promise.all([ran, watchMemory(process, plan, noteMemory)]);
    return { ...result, memoryMiB };
  };
  const reading = await withCpu(arena, process, timing, run);
  await database?.audit(reading);
  return { ...reading, setting: settingOf(load, pool) };
}

function settingOf({ arrival, orderLines }: ServedLoad, pool: number | undefined): string {
  const setting = [
    arrival.kind === 'closed' ? `${arrival.inFlight} in flight` : `${Math.round(arrival.perSecond)}/s`,
  ];
  if (orderLines !== undefined) setting.push(`${orderLines} lines each`);
  if (pool !== undefined) setting.push(`pool ${pool}`);
  return setting.join(', ');
}

/** One turn straight on the database. */
export async function playSql(arena: Arena, load: SqlLoad, timing: LoadTiming): Promise<Reading> {
  const { process, database } = arena.sql;
  await database.reset(load.records);
  const plan: SqlPlan = { databaseUrl: database.url, merchantId: database.merchantId, ...load, ...timing };
  const reading = await withCpu(arena, process, timing, () => process.ask<LoadResult>('run', plan));
  await database.audit(reading);
  return { ...reading, setting: `${load.statement}, ${load.clients} clients` };
}

async function withCpu<R extends LoadResult>(
  arena: Arena,
  server: Arena['generator'],
  { warmupMs, measureMs }: LoadTiming,
  run: () => Promise<R>,
): Promise<R & Pick<Reading, 'seconds' | 'cpuSeconds'>> {
  const used = () =>
    Promise.all([server.cpuSeconds(), arena.generator.cpuSeconds(), arena.databaseCpu.seconds()]);
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
