import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from './arena.js';
import { withCpu } from './cpu.js';
import { bothTold, type LoadPlan, type LoadResult } from './load/plan.js';
import type { LoadTiming } from './load/tally.js';
import { arrivalText, unknownOf } from './play.js';
import type { Reading } from './reading.js';
import { type Group, NEIGHBOUR_RECORDS, type Scene } from './scenes.js';
import { holdRows } from './stranger.js';

/** Rows stay locked this much longer than the load lasts, so no measured call succeeds because they were unlocked. */
const HELD_LONGER_MS = 500;

/** One turn of a scene: reset, all its groups side by side, audit. Returns each group's reading. */
export async function playScene(
  arena: Arena,
  scene: Scene,
  timing: LoadTiming,
): Promise<ReadonlyMap<string, Reading>> {
  const { database } = arena.holdfast;
  const service = scene.limited ? await arena.holdfast.limited() : (await arena.holdfast.processes(1))[0]!;
  await database.reset(scene.records, { neighbourRecords: NEIGHBOUR_RECORDS });
  const letGo =
    scene.heldRows === undefined
      ? undefined
      : await holdRows(database.url, database.merchantId, scene.heldRows);
  const groups = Object.entries(scene.groups);

  const runAll = async (): Promise<{ results: LoadResult[] }> => {
    const running = groups.map(([, group], i) => {
      const plan = planOf(arena, group, `G${i}`, service.addresses.grpc!, timing);
      return (group.flood ? arena.floodGenerator : arena.generator).ask<LoadResult>('run', plan);
    });
    const held = sleep(timing.warmupMs + timing.measureMs + HELD_LONGER_MS).then(letGo);
    const [results] = await Promise.all([Promise.all(running), held]);
    return { results };
  };
  const { results, ...cpu } = await withCpu(arena, [service.process], timing, runAll);

  const changing = results.filter(({ linesPerCall }) => linesPerCall > 0);
  const unknown = changing.reduce((total, result) => total + unknownOf(result), 0);
  await database.audit({ ...changing.map(({ told }) => told).reduce(bothTold), unknown });
  return new Map(
    groups.map(([name, { arrival }], i) => [name, { ...results[i]!, ...cpu, setting: arrivalText(arrival) }]),
  );
}

function planOf(
  arena: Arena,
  group: Group,
  referencePrefix: string,
  address: string,
  timing: LoadTiming,
): LoadPlan {
  const { merchant, call, records, firstRecord = 0, arrival, refusals } = group;
  return {
    door: 'grpc',
    addresses: [address],
    headers: merchant === 'A' ? arena.served.holdfast.headers : arena.holdfast.neighbourHeaders,
    arrival,
    call,
    referencePrefix,
    records,
    firstRecord,
    tableRecords: firstRecord + records,
    orderLines: 0,
    standing: [],
    soldOutShare: 0,
    idempotencyKeys: false,
    refusals,
    ...timing,
    parts: 0,
  };
}
