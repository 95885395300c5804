import type { OrderView } from '../../domain/decisions/decision.js';
import type { WorkingRecord } from './working-record.js';

/**
 * An order that is to be ended or set as a whole: all locked records that may hold units of it. Kept up to date by the
 * working set, since commands of the same batch may reserve under its reference or draw on it.
 */
export class WorkingOrder implements OrderView<WorkingRecord> {
  lastMovement: OrderView['lastMovement'];
  readonly #records = new Set<WorkingRecord>();

  readonly #reference: string;

  constructor(
    reference: string,
    lastMovement: OrderView['lastMovement'],
    readonly tooLarge: boolean,
  ) {
    this.#reference = reference;
    this.lastMovement = lastMovement;
  }

  add(record: WorkingRecord): void {
    this.#records.add(record);
  }

  records(): readonly WorkingRecord[] {
    return [...this.#records]
      .filter((record) => record.hold(this.#reference) !== undefined)
      .sort((a, b) => (a.stock.id < b.stock.id ? -1 : 1));
  }
}
