import type { OrderView } from '../../domain/decisions/decision.js';
import type { Movement } from '../../domain/movement.js';
import { type LeftUnits, leftWith, weightier } from '../../domain/order-state.js';
import type { WorkingRecord } from './working-record.js';

/**
 * An order that commands change, as a whole or in part: the locked records that may hold units of it. Kept up to date
 * by the working set, since commands of the same batch may reserve under its reference or draw on it.
 */
export class WorkingOrder implements OrderView<WorkingRecord> {
  endedBy: OrderView['endedBy'];
  readonly #records = new Set<WorkingRecord>();
  readonly #left = new Map<string, LeftUnits>();

  readonly #reference: string;

  /** Whether it holds units of records that were not read. No command of the batch changes those. */
  heldElsewhere = false;

  constructor(
    reference: string,
    endedBy: OrderView['endedBy'],
    readonly tooLarge: boolean,
  ) {
    this.#reference = reference;
    this.endedBy = endedBy;
  }

  add(record: WorkingRecord): void {
    this.#records.add(record);
  }

  /** A command has changed the units of the order on this record. */
  note(record: WorkingRecord, movement: Movement): void {
    this.#records.add(record);
    this.endedBy = weightier(this.endedBy, movement);
    const { inventoryId } = movement;
    this.#left.set(inventoryId, leftWith(this.#left.get(inventoryId), movement));
  }

  /** Adds the units that had left it before the batch. */
  loadLeft(left: LeftUnits): void {
    this.#left.set(left.id, left);
  }

  left(): readonly LeftUnits[] {
    return [...this.#left.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  isHeld(): boolean {
    return this.tooLarge || this.heldElsewhere || this.records().length > 0;
  }

  records(): readonly WorkingRecord[] {
    return [...this.#records]
      .filter((record) => record.hold(this.#reference) !== undefined)
      .sort((a, b) => (a.stock.id < b.stock.id ? -1 : 1));
  }
}
