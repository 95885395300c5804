import type { Arena } from './arena.js';
import type { LoadTiming } from './load/tally.js';
import type { Measure } from './measure.js';
import { playServed, playSql } from './play.js';
import { playScene } from './play-scene.js';
import type { BestSettings } from './probe.js';
import type { Reading } from './reading.js';
import { type ReadingName, type ServedTurn, type SqlTurn, type TurnName, turnOf, turns } from './turns.js';

/** The reading of each turn of a round. */
export type Round = ReadonlyMap<ReadingName, Reading>;

/** A turn without an answer in its measured time has no rate to compare with. */
export class NothingMeasured extends Error {
  override readonly name = 'NothingMeasured';
  constructor(turn: TurnName) {
    super(`${turn}: not one call was answered in the measured time; the machine is too busy`);
  }
}

export interface Timings {
  readonly turn: LoadTiming;
  readonly sustain: LoadTiming;
  readonly soak: LoadTiming;
  /** Longer than the service waits for a lock. */
  readonly scene: LoadTiming;
}

/** At most this many calls are in flight in an open loop: as many as in the closed one. */
const OPEN_IN_FLIGHT_MAX = 512;
/** The same for overload: more calls than any queue of the service holds. */
const OVERLOAD_IN_FLIGHT_MAX = 30_000;

/** The turns that these measures need, and others, in order. */
export function turnsOf(measures: readonly Measure[], others: readonly TurnName[] = []): TurnName[] {
  const needed = new Set<TurnName>([...measures.flatMap((measure) => measure.of.map(turnOf)), ...others]);
  for (const name of needed) {
    const turn = turns[name];
    if (turn.side !== 'sql' && turn.side !== 'scene' && 'ofTheRateOf' in turn.load)
      needed.add(turn.load.ofTheRateOf);
  }
  return (Object.keys(turns) as TurnName[]).filter((name) => needed.has(name));
}

/** The calls of a scene. */
const plainCalls: Pick<ServedTurn, 'side' | 'door' | 'call' | 'orderLines' | 'processes' | 'workers'> = {
  side: 'holdfast',
  door: 'grpc',
};

/**
 * Brings every service to the speed that its compiler reaches after a while, so that the first turn of a side is
 * like its others. Nothing of it is recorded.
 */
export async function warmUp(arena: Arena, names: readonly TurnName[], measureMs: number): Promise<void> {
  const warm = new Set<string>();
  for (const name of names) {
    const turn = turns[name];
    if (turn.side === 'sql') continue;
    if (turn.side === 'scene') {
      // A scene's own load warms up the process with limits.
      if (turn.scene.limited && !warm.has('limited'))
        await playScene(arena, turn.scene, { warmupMs: 0, measureMs });
      if (turn.scene.limited) warm.add('limited');
    }
    const {
      side,
      door,
      call,
      orderLines = 0,
      processes = 1,
      workers,
    } = turn.side === 'scene' ? plainCalls : turn;
    const kind = `${side} ${door} ${call} ${orderLines} ${processes} ${workers}`;
    if (warm.has(kind)) continue;
    warm.add(kind);
    // A batch is a hundred commands.
    const arrival = { kind: 'closed', inFlight: call === 'batch' ? 5 : 512 } as const;
    const kept = workers === undefined ? { processes } : { workers };
    const load = { side, door, call, records: Math.max(1, orderLines), orderLines, ...kept, arrival };
    await playServed(arena, load, undefined, { warmupMs: 0, measureMs });
  }
}

/** All sides in turns, once. */
export async function playRound(
  arena: Arena,
  names: readonly TurnName[],
  settings: BestSettings,
  timings: Timings,
  note: (name: ReadingName, reading: Reading) => void,
  noteMemory: (part: number, memoryMiB: number) => void,
): Promise<Round> {
  const round = new Map<ReadingName, Reading>();
  for (const name of names) {
    const turn = turns[name];
    if (turn.side === 'scene') {
      // In a scene, a group may get no answer in all the time. That is a result: its calls have waited, and count.
      for (const [group, reading] of await playScene(arena, turn.scene, timings.scene)) {
        const readingName = `${name}: ${group}` as ReadingName;
        round.set(readingName, reading);
        note(readingName, reading);
      }
      continue;
    }
    const reading = await play(arena, turn, settings, timings, round, noteMemory);
    if (reading.perSecond === 0) throw new NothingMeasured(name);
    round.set(name as ReadingName, reading);
    note(name as ReadingName, reading);
  }
  return round;
}

function play(
  arena: Arena,
  turn: ServedTurn | SqlTurn,
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
      : ({
          kind: 'open',
          perSecond: round.get(turn.load.ofTheRateOf as ReadingName)!.perSecond * turn.load.share,
          inFlightMax: turn.overload ? OVERLOAD_IN_FLIGHT_MAX : OPEN_IN_FLIGHT_MAX,
        } as const);
  const pool = turn.side === 'plain' ? settings.plainPool.get(records)! : undefined;
  const timing = timings[turn.takes ?? 'turn'];
  return playServed(arena, { ...turn, arrival }, pool, timing, noteMemory);
}

/** The measure's figure in one round. */
export function figureOf(measure: Measure, round: Round): number {
  return measure.figure(measure.of.map((name) => round.get(name)!));
}
