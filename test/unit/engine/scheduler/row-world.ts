import { Blocked } from '../../../../src/engine/scheduler/entry.js';
import type { BehindResults, Claim, Executor, Results } from '../../../../src/engine/scheduler/executor.js';
import { Failed } from './batcher-harness.js';
import type { VirtualClock } from './virtual-clock.js';

/** A call of the world. */
export interface RowCall {
  readonly id: number;
  readonly group: string;
  /** The rows that it says it needs. */
  readonly names: readonly string[];
  /** Rows that it needs as well, which only an execution finds out. */
  readonly hidden: readonly string[];
  readonly weight: number;
  readonly sequence: string | undefined;
  /** Fails alone, and with it all that it is executed with. */
  readonly poisoned: boolean;
}

export const FAULTS = ['none', 'retry', 'race', 'isolate', 'lost before', 'lost after'] as const;
export type Fault = (typeof FAULTS)[number];

const AWAIT_MS = 40;
const PATIENCE_MS = 10;

export interface WorldOptions {
  /** Lines that one execution has room for. */
  readonly roomMax: number;
  /** Now and then, it does not say for this long whether a row is free. */
  readonly silentMs: number;
  /** An execution, and a look, is for one group; and groups can be moved. */
  readonly oneGroup: boolean;
}

/** Rows with locks, in a database that one batcher shares with strangers; and all that went wrong there. */
export class RowWorld {
  /** Row → who has it. */
  readonly #locked = new Map<string, object>();
  readonly #lines = new Map<string, { owner: object; granted: () => void }[]>();
  /** Calls in the order in which they took effect. */
  readonly effects: RowCall[] = [];
  readonly wrongs: string[] = [];
  /** Sizes and groups of all executions. */
  readonly executed: (readonly RowCall[])[] = [];
  readonly #running = new Map<object, readonly RowCall[]>();
  readonly #patient = new Set<RowCall>();
  readonly #truth = new WeakMap<Failed, Results<number> | undefined>();
  readonly #clock: VirtualClock;
  readonly #draw: () => number;
  readonly #fault: () => Fault;
  readonly #options: WorldOptions;
  /** Groups whose rows nobody can have. */
  readonly moved = new Set<string>();

  constructor(clock: VirtualClock, draw: () => number, fault: () => Fault, options: WorldOptions) {
    this.#clock = clock;
    this.#draw = draw;
    this.#fault = fault;
    this.#options = options;
  }

  /** Somebody outside takes the row as soon as it is free, for that long. */
  async strangerTakes(name: string, ms: number): Promise<void> {
    const stranger = {};
    await this.#waitFor(name, stranger, Number.POSITIVE_INFINITY);
    await this.#clock.sleep(ms);
    this.#unlock(stranger);
  }

  readonly executor: Executor<RowCall, number> = {
    execute: async (calls, claim) => this.#bounced(calls) ?? this.#transaction(calls, {}, claim),
    executeBehind: async (name, line): Promise<BehindResults<number>> => {
      const owner = {};
      const waited = this.#locked.has(name);
      await this.#pause();
      await this.#silence();
      if (this.moved.has(groupOf(name))) throw new Failed('isolate', 'moved');
      if (!(await this.#waitFor(name, owner, AWAIT_MS))) throw new Failed('isolate', 'not in time');
      const shown: RowCall[] = [];
      const stop = line.watch((waiting) => shown.splice(0, shown.length, ...waiting));
      await this.#pause();
      stop();
      const ready = line.take((call) => shown.includes(call));
      const calls = ready.length > 0 ? ready : line.take(() => true);
      if (calls.length > 0) return { results: await this.#transaction(calls, owner), waited };
      await this.#pause();
      this.#unlock(owner);
      return { results: [], waited };
    },
    executePatiently: async (calls) => {
      const bounced = this.#bounced(calls);
      if (bounced !== undefined) return bounced;
      const owner = {};
      for (const call of calls) this.#patient.add(call);
      for (const name of [...new Set(calls.flatMap(needsOf))].sort()) {
        if (await this.#waitFor(name, owner, PATIENCE_MS)) continue;
        this.#unlock(owner);
        throw new Failed('isolate', 'no patience');
      }
      return this.#transaction(calls, owner);
    },
    findFree: async (names) => {
      await this.#pause();
      await this.#silence();
      if (this.#draw() < 0.1) throw new Failed('retry', 'nobody looks');
      if (this.#options.oneGroup && new Set(names.map(groupOf)).size > 1)
        this.wrongs.push('a look at several groups');
      if (this.moved.has(groupOf(names[0]!))) return [];
      return names.filter((name) => !this.#locked.has(name));
    },
    lookOf: (name) => (this.#options.oneGroup ? groupOf(name) : name.slice(-1)),
    reconcile: async (lost) => {
      await this.#pause();
      if (this.#draw() < 0.3) throw new Failed('retry', 'nobody knows yet');
      return this.#truth.get(lost as Failed);
    },
    failureKind: (error) => (error as Failed).kind,
    weightOf: (call) => call.weight,
    groupOf: (call) => call.group,
    sequenceOf: (call) => call.sequence,
    namesOf: (call) => call.names,
    oneGroup: false,
  };

  async #silence(): Promise<void> {
    if (this.#draw() < 0.1) await this.#clock.sleep(this.#options.silentMs);
  }

  /** As while a group is moved: each call waits for one of its rows, or one that nobody has. */
  #bounced(calls: readonly RowCall[]): Results<number> | undefined {
    const { group } = calls[0]!;
    if (this.#options.oneGroup && calls.some((call) => call.group !== group))
      this.wrongs.push('several groups in one');
    if (!this.moved.has(group)) return undefined;
    return calls.map(
      ({ names }) => new Blocked(names[0] ?? `${group}0`, names.length > 0 ? names : [`${group}0`]),
    );
  }

  /** `owner` keeps the rows that it has, and takes those that are free. Calls that need other rows are left undone. */
  async #transaction(calls: readonly RowCall[], owner: object, claim?: Claim): Promise<Results<number>> {
    this.#begin(calls, owner);
    await this.#pause();
    const withRoom = calls.slice(0, Math.max(1, this.#options.roomMax));
    const refused = new Map<RowCall, string>();
    for (const call of withRoom) {
      const taken = call.hidden.length > 0 ? claim?.(needsOf(call)) : undefined;
      if (taken !== undefined) refused.set(call, taken);
    }
    const locking = withRoom.filter((call) => !refused.has(call)).flatMap(needsOf);
    for (const name of locking) if (!this.#locked.has(name)) this.#locked.set(name, owner);
    const left: RowCall[] = [];
    const results = withRoom.map((call): number | Blocked => {
      const taken = refused.get(call);
      if (taken !== undefined) return new Blocked(taken, needsOf(call), true);
      const isLacked = (name: string): boolean => this.#locked.get(name) !== owner;
      const ahead = left.find((other) => isInOrder(other, call));
      const lacked = needsOf(call).find(isLacked) ?? (ahead && needsOf(ahead).find(isLacked));
      if (lacked === undefined && ahead === undefined) return call.id;
      left.push(call);
      return new Blocked(lacked ?? needsOf(call)[0]!, needsOf(call));
    });
    const fault = withRoom.some((call) => call.poisoned) ? 'split' : this.#fault();
    await this.#pause();
    const done = withRoom.filter((_, i) => !(results[i] instanceof Blocked));
    if (fault === 'none' || fault === 'lost after') this.effects.push(...done);
    this.#unlock(owner);
    this.#running.delete(owner);
    await this.#pause();
    if (fault === 'none') return results;
    if (!fault.startsWith('lost'))
      throw new Failed(fault as 'retry' | 'race' | 'isolate' | 'split', 'poisoned');
    const lost = new Failed('unknown_outcome', 'lost');
    this.#truth.set(lost, fault === 'lost after' ? results : undefined);
    throw lost;
  }

  #begin(calls: readonly RowCall[], owner: object): void {
    this.executed.push(calls);
    if (calls.length === 0) this.wrongs.push('an execution of nothing');
    const names = new Set(calls.filter((call) => !this.#patient.has(call)).flatMap((call) => call.names));
    for (const others of this.#running.values()) {
      for (const other of others) {
        if (this.#patient.has(other)) continue;
        const shared = other.names.find((name) => names.has(name));
        if (shared !== undefined) this.wrongs.push(`two batches at once with ${shared}`);
      }
    }
    this.#running.set(owner, calls);
  }

  #pause(): Promise<void> {
    return this.#clock.sleep(Math.floor(this.#draw() * 4));
  }

  async #waitFor(name: string, owner: object, ms: number): Promise<boolean> {
    if (!this.#locked.has(name)) {
      this.#locked.set(name, owner);
      return true;
    }
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    return new Promise((resolve) => {
      const callOff = Number.isFinite(ms)
        ? this.#clock.after(ms, () => {
            line.splice(line.indexOf(place), 1);
            resolve(false);
          })
        : () => {};
      const place = {
        owner,
        granted: () => {
          callOff();
          resolve(true);
        },
      };
      line.push(place);
    });
  }

  #unlock(owner: object): void {
    for (const [name, has] of this.#locked) {
      if (has !== owner) continue;
      const next = this.#lines.get(name)?.shift();
      if (next === undefined) this.#locked.delete(name);
      else {
        this.#locked.set(name, next.owner);
        next.granted();
      }
    }
  }
}

/** Whether the two name a row in common and are of one sequence. */
export function isInOrder(one: RowCall, other: RowCall): boolean {
  return (
    one.sequence !== undefined &&
    one.sequence === other.sequence &&
    needsOf(one).some((name) => needsOf(other).includes(name))
  );
}

export function needsOf(call: RowCall): readonly string[] {
  return [...new Set([...call.names, ...call.hidden])];
}

/** The first letter of a row is its group. */
function groupOf(name: string): string {
  return name[0]!;
}
