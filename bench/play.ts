import type { Arena, Service } from './arena.js';
import { withCpu } from './cpu.js';
import type { LoadPlan, LoadResult, StandingOrder } from './load/plan.js';
import type { LoadTiming } from './load/tally.js';
import { watchMemory } from './memory.js';
import type { Reading } from './reading.js';
import type { SqlPlan } from './sides/sql.js';
import type { ServedTurn } from './turns.js';

type SqlLoad = Pick<SqlPlan, 'statement' | 'clients' | 'records'>;
type ServedLoad = Omit<ServedTurn, 'load' | 'takes'> & Pick<LoadPlan, 'arrival'>;

/** One turn of a side that serves: reset, load, audit. `noteMemory`: called as the turn's parts pass. */
export async function playServed(
  arena: Arena,
  load: ServedLoad,
  pool: number | undefined,
  timing: LoadTiming,
  noteMemory: (part: number, memoryMiB: number) => void = () => undefined,
): Promise<Reading> {
  const { process, database, headers, ...served } = arena.served[load.side];
  const services = load.side === 'holdfast' ? await servicesOf(arena, load) : [{ process, ...served }];
  const { tableRecords = load.records, orderLines = 0, call = 'reserve' } = load;
  const { parts = 0 } = timing;
  await database?.reset(tableRecords, { standingHolds: load.standingHolds });
  if (pool !== undefined) await process.ask('usePool', pool);
  const plan: LoadPlan = {
    door: load.door,
    addresses: services.map(({ addresses }) => addresses[load.door]!),
    headers,
    arrival: load.arrival,
    call,
    referencePrefix: 'ORD',
    records: load.records,
    firstRecord: 0,
    tableRecords,
    orderLines,
    standing: [],
    soldOutShare: load.soldOutShare ?? 0,
    idempotencyKeys: load.idempotencyKeys ?? false,
    refusals: load.overload === true ? 'apart' : 'wrong',
    ...timing,
    parts,
  };
  const standing =
    call === 'reserve' || call === 'execute' || call === 'batch'
      ? []
      : await arena.generator.ask<StandingOrder[]>('reserveStanding', plan);
  const run = async () => {
    const ran = arena.generator.ask<LoadResult>('run', { ...plan, standing });
    if (parts === 0) return ran;
    const [result, memoryMiB] = await Promise.all([ran, watchMemory(process, plan, noteMemory)]);
    return { ...result, memoryMiB };
  };
  const servers = services.map((service) => service.process);
  const reading = await withCpu(arena, servers, timing, run);
  await database?.audit({ ...reading.told, unknown: unknownOf(reading) });
  return { ...reading, setting: settingOf(load, pool) };
}

async function servicesOf(arena: Arena, { processes = 1, workers }: ServedLoad): Promise<readonly Service[]> {
  return workers === undefined
    ? arena.holdfast.processes(processes)
    : [await arena.holdfast.workers(workers)];
}

/** Of refused calls, those whose callers cannot know whether they took effect. */
export function unknownOf({ refusals }: LoadResult): number {
  return refusals.DEADLINE_EXCEEDED ?? 0;
}

function settingOf({ arrival, orderLines }: ServedLoad, pool: number | undefined): string {
  const setting = [arrivalText(arrival)];
  if (orderLines !== undefined) setting.push(`${orderLines} lines each`);
  if (pool !== undefined) setting.push(`pool ${pool}`);
  return setting.join(', ');
}

export function arrivalText(arrival: LoadPlan['arrival']): string {
  if (arrival.kind === 'open') return `${Math.round(arrival.perSecond)}/s`;
  const pause = arrival.pauseMs === undefined ? '' : `, pauses of ${arrival.pauseMs} ms`;
  return `${arrival.inFlight} in flight${pause}`;
}

/** One turn straight on the database. */
export async function playSql(arena: Arena, load: SqlLoad, timing: LoadTiming): Promise<Reading> {
  const { process, database } = arena.sql;
  await database.reset(load.records);
  const plan: SqlPlan = { databaseUrl: database.url, merchantId: database.merchantId, ...load, ...timing };
  const reading = await withCpu(arena, [process], timing, () => process.ask<LoadResult>('run', plan));
  await database.audit(reading.told);
  return { ...reading, setting: `${load.statement}, ${load.clients} clients` };
}
