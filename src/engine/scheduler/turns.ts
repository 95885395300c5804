import { Fifo } from './fifo.js';

/** What the turns need to know of a call. */
export interface Waiter {
  readonly number: number;
  readonly names: readonly string[];
}

/** What holds turns: a batch. */
export interface Holder {
  readonly names: string[];
}

interface Turn<W> {
  /** The batch whose turn it is; undefined while no batch of this process has the row. */
  holder: Holder | undefined;
  /** In order of arrival. */
  waiting: Fifo<W> | undefined;
  /** Somebody outside of this process has the row. */
  kept: boolean;
}

/**
 * Knows whose turn it is on each row, in this process. One batch has the turn, and calls that need the row wait for it
 * in order of arrival. So only one lane at a time asks the database for a row, and the next batch takes along all calls
 * that have come meanwhile.
 *
 * A call that needs several rows waits in the line of each, and runs when it is the first in all of them. All lines are
 * in order of arrival, so no two calls wait for each other. The exception is a row that somebody outside keeps, for an
 * unknown time: a call that needs it only waits for it, and gives up its places in the other lines.
 *
 * Only rows that a batch has, that a call waits for or that somebody outside keeps have an entry.
 */
export class Turns<W extends Waiter> {
  readonly #turns = new Map<string, Turn<W>>();
  /** Rows that somebody outside keeps, and that calls have come to wait for since this was last emptied. */
  readonly joined = new Set<string>();
  readonly #onLeft: (call: W) => void;

  /** `onLeft`: called for a call that gives up its places in other lines, since somebody outside keeps one of its rows. */
  constructor(onLeft: (call: W) => void = () => {}) {
    this.#onLeft = onLeft;
  }

  /** Whether the call may join the holder now. */
  isFree(call: W, holder: Holder): boolean {
    for (const name of call.names) {
      if (this.#isBehind(call, name, holder)) return false;
    }
    return true;
  }

  hold(call: W, holder: Holder): void {
    for (const name of call.names) {
      const turn = this.#turns.get(name);
      if (turn === undefined) this.#turns.set(name, { holder, waiting: undefined, kept: false });
      else if (turn.holder === holder) continue;
      else turn.holder = holder;
      holder.names.push(name);
    }
  }

  /** Gives the holder the turn on all rows, before those who wait. If another has one, takes none, and returns it. */
  claim(names: readonly string[], holder: Holder): string | undefined {
    const taken = names.find((name) => this.isHeldByOther(name, holder));
    if (taken !== undefined) return taken;
    for (const name of names) {
      const turn = this.#turnOf(name);
      if (turn.holder === holder) continue;
      turn.holder = holder;
      holder.names.push(name);
    }
    return undefined;
  }

  /** Puts a call that is not free into the lines that it waits in. */
  wait(call: W): void {
    const kept = call.names.find((name) => this.#turns.get(name)?.kept);
    if (kept !== undefined) {
      this.#stand(call, kept);
      if (call.names.length > 1) this.#onLeft(call);
    } else for (const name of call.names) this.#stand(call, name);
  }

  /** The first that waits for the row, if its turn has come on all that it needs. */
  peek(name: string, holder: Holder): W | undefined {
    for (let moved: W | undefined; ; ) {
      const turn = this.#turns.get(name);
      if (turn === undefined || turn.kept) return undefined;
      const first = turn.waiting?.peek();
      if (first === undefined || (turn.holder !== undefined && turn.holder !== holder)) return undefined;
      if (this.isFree(first, holder)) return first;
      if (first === moved) return undefined;
      // The call may have waited for a row that somebody kept, and may have no place in the other lines yet. It gets
      // its places now. If it then waits for another kept row, the next call here is the first.
      this.#leave(first);
      this.wait(first);
      moved = first;
    }
  }

  /** Takes a call that `peek` showed. */
  take(call: W, holder: Holder): void {
    this.#leave(call);
    this.hold(call, holder);
  }

  /** The holder is done. Returns the rows that calls wait for, whose turn may have come. */
  release(holder: Holder): string[] {
    const awaited: string[] = [];
    for (const name of holder.names) {
      const turn = this.#turns.get(name);
      if (turn?.holder !== holder) continue;
      turn.holder = undefined;
      if (turn.kept) continue;
      if (lengthOf(turn) > 0) awaited.push(name);
      else this.#turns.delete(name);
    }
    return awaited;
  }

  /** Whether another batch of this process has the row. */
  isHeldByOther(name: string, holder: Holder): boolean {
    const by = this.#turns.get(name)?.holder;
    return by !== undefined && by !== holder;
  }

  /**
   * Somebody outside has the row. The calls that need it, including these, only wait for it. Returns the rows on which
   * it may now be the turn of others.
   */
  keep(name: string, calls: readonly W[]): string[] {
    const turn = this.#turnOf(name);
    turn.kept = true;
    const left: string[] = [];
    for (const call of turn.waiting?.filter(({ names }) => names.length > 1) ?? []) {
      for (const other of call.names) if (other !== name && this.#leaveLine(call, other)) left.push(other);
      this.#onLeft(call);
    }
    for (const call of calls) this.#stand(call, name);
    return left;
  }

  /** Nobody outside keeps it any more. */
  free(name: string): void {
    const turn = this.#turns.get(name);
    if (turn === undefined) return;
    turn.kept = false;
    if (turn.holder === undefined && lengthOf(turn) === 0) this.#turns.delete(name);
  }

  /** Of the calls that wait for a kept row, removes those that do not pass, and returns them. */
  retain(name: string, passes: (call: W) => boolean): W[] {
    return this.#turns.get(name)?.waiting?.retain(passes) ?? [];
  }

  first(name: string): W | undefined {
    return this.#turns.get(name)?.waiting?.peek();
  }

  /** The first calls that wait for the row, this many at most. */
  waitingAt(name: string, callsMax: number): W[] {
    return this.#turns.get(name)?.waiting?.first(callsMax) ?? [];
  }

  waitingFor(name: string): number {
    return this.#turns.get(name)?.waiting?.length ?? 0;
  }

  /** Whether somebody else has the row, or waits for it and came earlier. */
  #isBehind(call: W, name: string, holder: Holder): boolean {
    const turn = this.#turns.get(name);
    if (turn === undefined) return false;
    const first = turn.waiting?.peek();
    return (
      turn.kept ||
      (turn.holder !== undefined && turn.holder !== holder) ||
      (first !== undefined && first.number < call.number)
    );
  }

  #stand(call: W, name: string): void {
    const turn = this.#turnOf(name);
    turn.waiting ??= new Fifo();
    turn.waiting.insert(call, (other) => other.number > call.number);
    if (turn.kept) this.joined.add(name);
  }

  #leave(call: W): void {
    for (const name of call.names) this.#leaveLine(call, name);
  }

  /** Returns whether others wait there and nobody has the turn. */
  #leaveLine(call: W, name: string): boolean {
    const turn = this.#turns.get(name);
    if (turn === undefined) return false;
    if (turn.waiting?.peek() === call) turn.waiting.shift();
    else if (lengthOf(turn) > 0 && call.names.length > 1) turn.waiting?.retain((other) => other !== call);
    if (turn.holder !== undefined || turn.kept) return false;
    if (lengthOf(turn) > 0) return true;
    this.#turns.delete(name);
    return false;
  }

  #turnOf(name: string): Turn<W> {
    let turn = this.#turns.get(name);
    if (turn === undefined) {
      turn = { holder: undefined, waiting: undefined, kept: false };
      this.#turns.set(name, turn);
    }
    return turn;
  }
}

function lengthOf({ waiting }: { readonly waiting: { readonly length: number } | undefined }): number {
  return waiting?.length ?? 0;
}
