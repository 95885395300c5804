import type { Arena } from './arena.js';
import type { LoadTiming } from './load/drive.js';
import type { LoadPlan, LoadResult } from './load/plan.js';
import type { Reading } from './reading.js';
import type { SqlPlan } from './sides/sql.js';
import type { ServedTurn } from './turns.js';

type SqlLoad = Pick<SqlPlan, 'statement' | 'clients' | 'records'>;
type ServedLoad = Pick<ServedTurn, 'side' | 'door' | 'records' | 'soldOutShare' | 'idempotencyKeys'> &
  Pick<LoadPlan, 'arrival'>;

/** One turn of a side that serves: reset, load, audit. */
export async function playServed(
  arena: Arena,
  load: ServedLoad,
  pool: number | undefined,
  timing: LoadTiming,
): Promise<Reading> {
  const { process, addresses, database, headers } = arena.served[load.side];
  await database?.reset(load.records);
  if (pool !== undefined) await process.ask('usePool', pool);
  const plan: LoadPlan = {
    door: load.door,
    address: load.door === 'rest' ? addresses.rest! : addresses.grpc,
    headers,
    arrival: load.arrival,
    records: load.records,
    soldOutShare: load.soldOutShare ?? 0,
    idempotencyKeys: load.idempotencyKeys ?? false,
    ...timing,
  };
  const run = () => arena.generator.ask<LoadResult>('run', plan);
  const reading = await withCpu(arena, process, run);
  await database?.audit(reading.successes);
  const arrival =
    load.arrival.kind === 'closed'
      ? `${load.arrival.inFlight} in flight`
      : `${Math.round(load.arrival.perSecond)}/s`;
  return { ...reading, setting: pool === undefined ? arrival : `${arrival}, pool ${pool}` };
}

/** One turn straight on the database. */
export async function playSql(arena: Arena, load: SqlLoad, timing: LoadTiming): Promise<Reading> {
  const { process, database } = arena.sql;
  await database.reset(load.records);
  const plan: SqlPlan = { databaseUrl: database.url, merchantId: database.merchantId, ...load, ...timing };
  const reading = await withCpu(arena, process, () => process.ask<LoadResult>('run', plan));
  await database.audit(reading.successes);
  return { ...reading, setting: `${load.statement}, ${load.clients} clients` };
}

async function withCpu(
  arena: Arena,
  server: Arena['generator'],
  run: () => Promise<LoadResult>,
): Promise<Omit<Reading, 'setting'>> {
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
    cpuSeconds: { server: after[0] - before[0], generator: after[1] - before[1], database },
  };
}
