import type { Arena } from './arena.js';
import type { LoadTiming } from './load/drive.js';
import { figures, type Measure } from './measures.js';
import { playServed, playSql } from './play.js';
import type { BestSettings } from './probe.js';
import type { Reading } from './reading.js';
import { type Turn, type TurnName, turns } from './turns.js';

/** What each turn of a round came to. */
export type Round = ReadonlyMap<TurnName, Reading>;

/** The turns that these measures need, in order. */
export function turnsOf(measures: readonly Measure[]): TurnName[] {
  const needed = new Set<TurnName>(measures.flatMap((measure) => measure.of));
  for (const name of needed) {
    const turn = turns[name];
    if (turn.side !== 'sql' && 'halfTheRateOf' in turn.load) needed.add(turn.load.halfTheRateOf);
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
    if (turn.side === 'sql' || warm.has(`${turn.side} ${turn.door}`)) continue;
    warm.add(`${turn.side} ${turn.door}`);
    const { side, door } = turn;
    const arrival = { kind: 'closed', inFlight: 512 } as const;
    await playServed(arena, { side, door, records: 1, arrival }, undefined, { warmupMs: 0, measureMs });
  }
}

/** All sides in turns, once. */
export async function playRound(
  arena: Arena,
  names: readonly TurnName[],
  settings: BestSettings,
  timing: LoadTiming,
  note: (name: TurnName, reading: Reading) => void,
): Promise<Round> {
  const round = new Map<TurnName, Reading>();
  for (const name of names) {
    const reading = await play(arena, turns[name], settings, timing, round);
    round.set(name, reading);
    note(name, reading);
  }
  return round;
}

function play(
  arena: Arena,
  turn: Turn,
  settings: BestSettings,
  timing: LoadTiming,
  round: Round,
): Promise<Reading> {
  const { records } = turn;
  if (turn.side === 'sql') {
    const load = turn.load === 'best' ? settings.sql.get(records)! : turn.load;
    return playSql(arena, { records, ...load }, timing);
  }
  const arrival =
    'inFlight' in turn.load
      ? ({ kind: 'closed', inFlight: turn.load.inFlight } as const)
      : ({ kind: 'open', perSecond: round.get(turn.load.halfTheRateOf)!.perSecond / 2 } as const);
  const pool = turn.side === 'plain' ? settings.plainPool.get(records)! : undefined;
  return playServed(arena, { ...turn, arrival }, pool, timing);
}

/** The measure's ratio in one round. */
export function ratio(measure: Measure, round: Round): number {
  const [first, second] = measure.of.map((name) => figures[measure.figure](round.get(name)!));
  return first! / second!;
}
