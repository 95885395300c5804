import { Presence } from '../../timing/presence.js';
import { Away } from './away.js';
import type { Batch, Entry } from './entry.js';
import { type Group, Groups, isQuiet, QUIET } from './groups.js';
import type { Lanes } from './lanes.js';
import { Turns } from './turns.js';

/** How much of a batch one group may take, by weight, while others are present. */
const QUANTUM = 64;

/** A group may fill this many times as much of the queue as is left free. */
const SHARE = 4;

/**
 * Decides which calls come next. Groups (merchants) take turns, by weight (deficit round robin). Within a group, calls
 * go in order of arrival, but each waits until it has the turn on all rows that it names (`Turns`).
 *
 * https://doi.org/10.1109/90.502236 (M. Shreedhar, G. Varghese: Efficient fair queuing using deficit round robin)
 */
export class Schedule<C, R> {
  readonly #groups = new Groups<Entry<C, R>>();
  /** Groups that may have something to take, in the order of their turns. */
  #round: Group<Entry<C, R>>[] = [];
  readonly #limits: { readonly batchCommandsMax: number; readonly queueCommandsMax: number };
  readonly #oneGroup: boolean;
  /** Calls have come to wait for the row, which somebody outside keeps. */
  onJoined: ((name: string) => void) | undefined;
  /** Calls have come back that had to wait for others of their sequence. */
  onReturned: (() => void) | undefined;
  readonly #away = new Away<C, R>((followers) => {
    if (followers.length === 0) return;
    // In the lines, since calls that arrived later may stand there already.
    for (const entry of followers) this.#turns.wait(entry);
    for (const entry of followers) for (const name of entry.names) this.#comesTo(name);
    this.onReturned?.();
  });
  readonly #turns = new Turns<Entry<C, R>>((entry) => this.#away.leave(entry));
  readonly #present = new Presence();

  constructor(
    limits: { readonly batchCommandsMax: number; readonly queueCommandsMax: number },
    oneGroup: boolean,
  ) {
    this.#limits = limits;
    this.#oneGroup = oneGroup;
  }

  /** Calls that wait. */
  get calls(): number {
    return this.#groups.calls;
  }

  /**
   * Whether the queue has room for one more call of the group. Each group may have four times as much as is left free:
   * a group alone fills four fifths. However many groups flood the queue, the next group finds room.
   */
  hasRoom(group: string): boolean {
    const free = this.#limits.queueCommandsMax - this.#groups.weight;
    if (free <= 0) return false;
    const weight = this.#groups.weightOf(group);
    return weight < free * SHARE;
  }

  /**
   * The weight that goes before one more call of the group, since groups take turns. `own`: weight of the group that
   * counts in addition to its waiting calls; `all`: the same for all groups.
   */
  aheadOf(group: string, own: number, all: number): number {
    const ofGroup = this.#groups.weightOf(group) + own;
    return Math.min(this.#groups.weight + all, ofGroup * Math.max(1, this.#groups.size));
  }

  add(entry: Entry<C, R>): void {
    this.#groups.count(entry, 1);
    this.#present.see(entry.group, entry.arrivedAtMs);
    this.#groupOf(entry.group).arrived.push(entry);
  }

  /**
   * Fills the batch with the calls that come next, up to its lane's share. It stays empty if all calls wait for rows, or if
   * there are few next to what is in lanes and from the same group: a crowd does not delay others. `answered`: the weight
   * of the calls that are just being answered.
   */
  fill(batch: Batch<C, R>, nowMs: number, lanes: Lanes, answered: number): void {
    const { weight } = this.#groups;
    if (lanes.outweigh(weight) && this.#round.every(({ name }) => this.#present.isAlone(name, nowMs))) return;
    const share = lanes.shareOf(weight, answered);
    const first: Group<Entry<C, R>>[] = [];
    const last: Group<Entry<C, R>>[] = [];
    while (batch.weight < this.#limits.batchCommandsMax) {
      // A heavy call needs the credit of several rounds.
      if (this.#round.length === 0 && batch.entries.length === 0) this.#round = last.splice(0);
      const group = this.#round.shift();
      if (group === undefined) break;
      // Alone, a group takes all it has. While others are present, its batches stay small, even if the others have no
      // call right now: their next call would wait for a large batch.
      const alone = this.#present.isAlone(group.name, nowMs);
      group.credit = alone ? Number.POSITIVE_INFINITY : group.credit + QUANTUM;
      const before = batch.entries.length;
      const end = this.#visit(group, batch, share);
      // A group whose call found no room keeps its credit. Otherwise a heavy call next to a flood would never have
      // enough.
      if (end === 'empty' || alone) group.credit = 0;
      if (end === 'empty') this.#groups.leaveRound(group);
      // A group that found no room at all is first next time.
      else if (end === 'room' && batch.entries.length === before) first.push(group);
      else last.push(group);
      const full = end === 'room' && batch.weight >= share;
      if (full || (this.#oneGroup && batch.entries.length > 0)) break;
    }
    this.#round = [...first, ...this.#round, ...last];
    this.#tellOfJoined();
  }

  /**
   * While a crowd waits, fills the batch with the next calls of groups that have few of them. Many groups with a few each are
   * no crowd: what they would gain by a batch of their own, they would lose in others.
   */
  fillQuiet(batch: Batch<C, R>): void {
    if (this.#groups.loud < QUANTUM) return;
    for (const group of [...this.#round]) {
      if (!isQuiet(group)) continue;
      group.credit = QUIET;
      const end = this.#visit(group, batch);
      group.credit = 0;
      if (end === 'empty') {
        this.#round.splice(this.#round.indexOf(group), 1);
        this.#groups.leaveRound(group);
      }
      if (this.#oneGroup && batch.entries.length > 0) break;
    }
    this.#tellOfJoined();
  }

  /** Takes calls of the group until its credit is used up, the batch has no room, or no call is left. */
  #visit(
    group: Group<Entry<C, R>>,
    batch: Batch<C, R>,
    share = Number.POSITIVE_INFINITY,
  ): 'credit' | 'room' | 'empty' {
    for (let entry = this.#peek(group, batch); entry !== undefined; entry = this.#peek(group, batch)) {
      if (entry.weight > group.credit) return 'credit';
      // A call that does not fit waits for the next batch, and those behind it do not overtake it.
      if (batch.entries.length > 0 && batch.weight + entry.weight > this.#limits.batchCommandsMax)
        return 'room';
      if (batch.weight >= share) return 'room';
      group.credit -= entry.weight;
      this.#take(group, entry, batch);
    }
    return 'empty';
  }

  #peek(group: Group<Entry<C, R>>, batch: Batch<C, R>): Entry<C, R> | undefined {
    for (let name = group.awaited.peek(); name !== undefined; name = group.awaited.peek()) {
      const entry = this.#turns.peek(name, batch);
      if (entry !== undefined) return entry;
      group.awaited.shift();
    }
    for (let entry = group.arrived.peek(); entry !== undefined; entry = group.arrived.peek()) {
      if (this.#turns.isFree(entry, batch)) return entry;
      group.arrived.shift();
      this.#turns.wait(entry);
    }
    return undefined;
  }

  #take(group: Group<Entry<C, R>>, entry: Entry<C, R>, batch: Batch<C, R>): void {
    if (group.awaited.length > 0) this.#turns.take(entry, batch);
    else {
      group.arrived.shift();
      this.#turns.hold(entry, batch);
    }
    this.#join(batch, entry);
  }

  /** Adds the call to the batch, unless it has to wait for one of its sequence. */
  #join(batch: Batch<C, R>, entry: Entry<C, R>): void {
    if (this.#away.keeps(entry)) {
      // Nobody would release the turns of a batch that stays empty.
      if (batch.entries.length === 0) this.release(batch);
      return;
    }
    batch.entries.push(entry);
    batch.weight += entry.weight;
    this.#groups.count(entry, -1);
  }

  /** See Claim. */
  claim(names: readonly string[], batch: Batch<C, R>): string | undefined {
    return this.#turns.claim(names, batch);
  }

  /** The batch is done, and gives up its turns. */
  release(batch: Batch<C, R>): void {
    for (const name of this.#turns.release(batch)) this.#comesTo(name);
  }

  /** Calls that come back from a batch undone are first again. */
  putBack(entries: readonly Entry<C, R>[]): void {
    for (const entry of entries) {
      this.#groups.count(entry, 1);
      this.#groupOf(entry.group).arrived.insert(entry, (other) => other.number > entry.number);
    }
  }

  /** The call leaves its lines to wait for a row. Later ones of its sequence that share rows with it wait for its answer. */
  leave(entry: Entry<C, R>): void {
    this.#away.leave(entry);
  }

  /** Whether a call that comes back undone has to wait for one of its sequence that has left; then it does. */
  follows(entry: Entry<C, R>): boolean {
    if (!this.#away.keeps(entry)) return false;
    this.#groups.count(entry, 1);
    return true;
  }

  /** Somebody outside of this process has the row. These calls and all others that need it wait until it is free. */
  keep(name: string, entries: readonly Entry<C, R>[]): void {
    for (const entry of entries) this.#groups.count(entry, 1);
    for (const left of this.#turns.keep(name, entries)) this.#comesTo(left);
  }

  /** Nobody outside has the row any more. The calls that wait for it are next. */
  free(name: string): void {
    this.#turns.free(name);
    this.#comesTo(name);
  }

  /** The calls that wait for the row, in order: as many as a batch may have. */
  waitingAt(name: string): Entry<C, R>[] {
    return this.#turns.waitingAt(name, this.#limits.batchCommandsMax);
  }

  #tellOfJoined(): void {
    const { joined } = this.#turns;
    if (joined.size === 0) return;
    const names = [...joined];
    joined.clear();
    for (const name of names) this.onJoined?.(name);
  }

  /** The row is ours: fills the batch with the calls at the head of its line, up to the first that is not ready. */
  fillFrom(name: string, batch: Batch<C, R>, isReady: (entry: Entry<C, R>) => boolean = () => true): void {
    this.#turns.free(name);
    for (
      let entry = this.#turns.peek(name, batch);
      entry !== undefined;
      entry = this.#turns.peek(name, batch)
    ) {
      if (batch.entries.length > 0 && batch.weight + entry.weight > this.#limits.batchCommandsMax) break;
      if (!isReady(entry)) break;
      this.#turns.take(entry, batch);
      this.#join(batch, entry);
    }
    if (batch.entries.length === 0) this.#comesTo(name);
    this.#tellOfJoined();
  }

  /** Of the calls that wait for a kept row, removes those that do not pass, and returns them. */
  retain(name: string, passes: (entry: Entry<C, R>) => boolean): Entry<C, R>[] {
    const removed = this.#turns.retain(name, passes);
    for (const entry of removed) this.#groups.count(entry, -1);
    return removed;
  }

  /** Of the calls that wait for an earlier one of their sequence, removes those that do not pass, and returns them. */
  retainFollowers(passes: (entry: Entry<C, R>) => boolean): Entry<C, R>[] {
    const removed = this.#away.retain(passes);
    for (const entry of removed) this.#groups.count(entry, -1);
    return removed;
  }

  isHeldByOther(name: string, batch: Batch<C, R>): boolean {
    return this.#turns.isHeldByOther(name, batch);
  }

  waitingFor(name: string): number {
    return this.#turns.waitingFor(name);
  }

  /** It may be the turn of the first call that waits for the row. */
  #comesTo(name: string): void {
    const first = this.#turns.first(name);
    if (first !== undefined) this.#groupOf(first.group).awaited.push(name);
  }

  /** Returns the group, and puts it into the round. */
  #groupOf(name: string): Group<Entry<C, R>> {
    const group = this.#groups.named(name);
    if (!group.inRound) {
      group.inRound = true;
      this.#round.push(group);
    }
    return group;
  }
}
