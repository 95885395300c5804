import type { Arena } from './arena.js';
import type { LoadTiming } from './load/tally.js';
import type { Measure } from './measures.js';
import { playServed, playSql } from './play.js';
import type { BestSettings } from './probe.js';
import type { Reading } from './reading.js';
import { type Turn, type TurnName, turns } from './turns.js';

/** What each turn of a round came to. */
export type Round = ReadonlyMap<TurnName, Reading>;

/** A turn without an answer in its measured time has no rate to compare with. */
export class NothingMeasured extends Error {
  override readonly name = 'NothingMeasured';
  constructor(turn: TurnName) {
    super(`${turn}: not one call was answered in the measured time; the machine is too busy`);
  }
}

export interface Timings {
  readonly turn: LoadTiming;
  readonly soak: LoadTiming;
}

/** The turns that these measures need, in order. */
export function turnsOf(measures: readonly Measure[]): TurnName[] {
  const needed = new Set<TurnName>(measures.flatMap((measure) => measure.of));
  for (const name of needed) {
    const turn = turns[name];
    if (turn.side !== 'sql' && 'ofTheRateOf' in turn.load) needed.add(turn.load.ofTheRateOf);
  }
  return (Object.keys(turns) as TurnName[]).filter((name) => needed.has(name));
}

/**
 * Brings every service to the speed that its compiler reaches after a while, so that the first turn of a side is
 * like its others. Nothing of it is recorded.
 */
export async function warmUp(arena: Arena, names: readonly TurnName[], measureMs: number): Promise<void> {
  const warm = new Set<string>();
  for (const name of names) {
    const turn = turns[name];
    if (turn.side === 'sql') continue;
    const { side, door, orderLines = 0 } = turn;
    const kind = `${side} ${door} ${orderLines}`;
    if (warm.has(kind)) continue;
    warm.add(kind);
    const arrival = { kind: 'closed', inFlight: 512 } as const;
    const load = { side, door, records: Math.max(1, orderLines), orderLines, arrival };
    await playServed(arena, load, undefined, { warmupMs: 0, measureMs });
  }
}

/** All sides in turns, once. */
export async function playRound(
  arena: Arena,
  names: readonly TurnName[],
  settings: BestSettings,
  timings: Timings,
  note: (name: TurnName, reading: Reading) => void,
  noteMemory: (part: number, memoryMiB: number) => void,
): Promise<Round> {
  const round = new Map<TurnName, Reading>();
  for (const name of names) {
    const reading = await play(arena, turns[name], settings, timings, round, noteMemory);
    if (reading.perSecond === 0) throw new NothingMeasured(name);
    round.set(name, reading);
    note(name, reading);
  }
  return round;
}

function play(
  arena: Arena,
  turn: Turn,
  settings: BestSettings,
  timings: Timings,
  round: Round,
  noteMemory: (part: number, memoryMiB: number) => void,
): Promise<Reading> {
  const { records } = turn;
  if (turn.side === 'sql') {
    const load = turn.load === 'best' ? settings.sql.get(records)! : turn.load;
    return playSql(arena, { records, ...load }, timings.turn);
  }
  const arrival =
    'inFlight' in turn.load
      ? ({ kind: 'closed', inFlight: turn.load.inFlight } as const)
      : ({ kind: 'open', perSecond: round.get(turn.load.ofTheRateOf)!.perSecond * turn.load.share } as const);
  const pool = turn.side === 'plain' ? settings.plainPool.get(records)! : undefined;
  const timing = turn.soak === true ? timings.soak : timings.turn;
  return playServed(arena, { ...turn, arrival }, pool, timing, noteMemory);
}

/** The measure's figure in one round. */
export function figureOf(measure: Measure, round: Round): number {
  return measure.figure(measure.of.map((name) => round.get(name)!));
}
