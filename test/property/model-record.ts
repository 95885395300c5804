import type { RecordDescription, RecordIdentity } from '../../src/domain/inventory-record.js';
import type { AdjustmentAction } from '../../src/domain/movement.js';

export const QTY_MAX = 2 ** 31 - 1;

export interface ModelHold {
  readonly reference: string;
  qty: number;
  /** By the model's clock, in seconds. */
  expiresAt: number | null;
}

/** Who makes a change, and their notes. */
export interface By {
  readonly reference: string;
  readonly notes: string;
  readonly actor: string;
}

/** One record in the plainest form: no counters, no revisions, every hold in one list. */
export class ModelRecord {
  /** In the order in which the references opened. */
  holds: ModelHold[] = [];
  readonly log: string[] = [];
  lastAdjustedBy: string;

  constructor(
    readonly id: string,
    readonly identity: RecordIdentity,
    public description: RecordDescription,
    public onHand: number,
    createdBy: string,
  ) {
    this.lastAdjustedBy = createdBy;
  }

  get reserved(): number {
    return this.holds.reduce((units, hold) => units + hold.qty, 0);
  }

  get available(): number {
    return this.onHand - this.reserved;
  }

  figures(): { id: string; onHandQty: number; reservedQty: number } {
    return { id: this.id, onHandQty: this.onHand, reservedQty: this.reserved };
  }

  held(reference: string): number {
    return this.find(reference)?.qty ?? 0;
  }

  /** `stated`: when the hold ends, if the call says that; null: never. Returns when it ends. */
  reserve(qty: number, stated: number | null | undefined, by: By): number | null {
    let hold = this.find(by.reference);
    if (hold === undefined) {
      hold = { reference: by.reference, qty, expiresAt: stated ?? null };
      this.holds.push(hold);
    } else {
      hold.qty += qty;
      // The later of the two; never is the latest of all.
      if (stated === null) hold.expiresAt = null;
      else if (stated !== undefined && hold.expiresAt !== null && stated > hold.expiresAt) {
        hold.expiresAt = stated;
      }
    }
    this.note('RESERVED', 0, qty, by);
    return hold.expiresAt;
  }

  find(reference: string): ModelHold | undefined {
    return this.holds.find((hold) => hold.reference === reference);
  }

  /** The units that a release or confirm may draw: with a reference, those of its hold; without one, those of any. */
  drawable(reference: string): number {
    return reference === '' ? this.reserved : this.held(reference);
  }

  /** Returns the references whose units it took. The log has an entry for each. */
  draw(kind: 'release' | 'confirm', qty: number, by: By): string[] {
    const mine = this.holds.filter(({ reference }) => by.reference === '' || reference === by.reference);
    const nobodys = mine.filter(({ reference }) => reference === '');
    const others = mine.filter(({ reference }) => reference !== '');
    const taken: string[] = [];
    let left = qty;
    for (const hold of [...nobodys, ...others]) {
      const drawn = Math.min(left, hold.qty);
      if (drawn === 0) break;
      hold.qty -= drawn;
      left -= drawn;
      const { reference } = hold;
      taken.push(reference);
      if (kind === 'release') this.note('RELEASED', 0, -drawn, { ...by, reference });
      else this.note('SOLD', -drawn, -drawn, { ...by, reference });
    }
    this.holds = this.holds.filter((hold) => hold.qty > 0);
    if (kind === 'confirm') {
      this.onHand -= qty;
      this.lastAdjustedBy = by.actor;
    }
    return taken;
  }

  /** Takes missing units from the holds that opened last. Returns who lost how many. */
  lose(qty: number, actor: string): { reference: string; qty: number }[] {
    const losses: { reference: string; qty: number }[] = [];
    let left = qty;
    for (const hold of [...this.holds].reverse()) {
      if (left === 0) break;
      const lost = Math.min(left, hold.qty);
      hold.qty -= lost;
      left -= lost;
      losses.push({ reference: hold.reference, qty: lost });
      this.note('RELEASED', 0, -lost, { reference: hold.reference, notes: 'shortfall', actor });
    }
    this.holds = this.holds.filter((hold) => hold.qty > 0);
    return losses;
  }

  /** A copy to try something on. */
  copy(): ModelRecord {
    const copy = new ModelRecord(this.id, this.identity, this.description, this.onHand, this.lastAdjustedBy);
    copy.holds = this.holds.map((hold) => ({ ...hold }));
    copy.log.push(...this.log);
    return copy;
  }

  /** Gives units of one reference to another; `stated` as for `reserve`. Returns when that hold ends. */
  move(qty: number, to: string, stated: number | null | undefined, by: By): number | null {
    const source = this.find(by.reference)!;
    let target = this.find(to);
    if (target === undefined) {
      target = { reference: to, qty: 0, expiresAt: source.expiresAt };
      this.holds.push(target);
    }
    target.qty += qty;
    if (stated !== undefined) target.expiresAt = stated;
    source.qty -= qty;
    this.holds = this.holds.filter((hold) => hold.qty > 0);
    this.note(`MOVED ${qty} to ${to}`, 0, 0, by);
    return target.expiresAt;
  }

  adjust(action: AdjustmentAction, qty: number, by: By): void {
    this.onHand += qty;
    this.lastAdjustedBy = by.actor;
    this.note(action, qty, 0, by);
  }

  /** Ends the holds whose time has come; returns their references. */
  expire(now: number): string[] {
    const ended = this.holds.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
    this.holds = this.holds.filter((hold) => !ended.includes(hold));
    for (const { reference, qty } of ended) {
      this.note('RELEASED', 0, -qty, { reference, notes: 'expired', actor: 'system' });
    }
    return ended.map(({ reference }) => reference);
  }

  /** Units that have left a reference, by its log; undefined if it never had any. */
  left(reference: string) {
    const left = { id: this.id, confirmed: 0, released: 0, expired: 0, moved: 0 };
    let any = false;
    for (const line of this.log) {
      const [, action, moved, reserved, whose] = /^(\w+)(?: (\d+) to \w+)? -?\d+ (-?\d+) (\w*) /.exec(line)!;
      if (whose !== reference || (moved === undefined && Number(reserved) === 0)) continue;
      any = true;
      if (moved !== undefined) left.moved += Number(moved);
      else if (action === 'SOLD') left.confirmed -= Number(reserved);
      else if (action === 'RELEASED') left[EXPIRED.test(line) ? 'expired' : 'released'] -= Number(reserved);
    }
    return any ? left : undefined;
  }

  note(action: string, onHand: number, reserved: number, { reference, notes, actor }: By): void {
    this.log.push(logLine({ action, onHand, reserved, reference, notes, actor }));
  }
}

export interface LogEntry extends By {
  readonly action: string;
  readonly onHand: number;
  readonly reserved: number;
}

export function logLine({ action, onHand, reserved, reference, notes, actor }: LogEntry): string {
  return [action, onHand, reserved, reference, notes, actor].join(' ');
}

export const EXPIRED = / expired system$/;

/** Sorts the holds that expired between two other entries: a batch is one instant, so their order means nothing. */
export function withoutOrderOfExpiry(log: readonly string[]): string[] {
  const lines: string[] = [];
  let run: string[] = [];
  for (const line of [...log, '']) {
    if (EXPIRED.test(line)) run.push(line);
    else {
      lines.push(...run.sort(), line);
      run = [];
    }
  }
  return lines.slice(0, -1);
}
