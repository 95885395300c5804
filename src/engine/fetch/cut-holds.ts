import type { Adjustment, Command } from '../../domain/command.js';
import { SHORTFALL_HOLDS_MAX } from '../../domain/decisions/shortfall.js';
import { mapName } from '../../domain/map-name.js';
import type { HoldRow, HoldsOfRecord } from '../../store/tables/holds.js';
import type { StockRow } from '../../store/tables/stock-levels.js';
import { withSpare } from './drawn-holds.js';
import type { DrawnRecord } from './fetch-plan.js';
import { unitsToReserve } from './reserved-units.js';

/** What is known of a record when the next command is decided. */
interface Bounds {
  /** The most units that it can have reserved. */
  readonly reservedMax: number;
  /** The fewest units that it can have available. */
  readonly availableMin: number;
  /** How many of its newest holds the commands so far may need. */
  readonly holds: number;
}

/**
 * Computes from the locked figures, before any hold is read, how many holds those commands need that take missing units
 * from the newest ones.
 *
 * Every hold has at least one unit, so at most as many of the newest are needed as units are missing.
 */
export class CutHolds {
  readonly #records: readonly DrawnRecord[];
  readonly #bounds = new Map<string, Bounds>();

  constructor(records: readonly DrawnRecord[], stocks: readonly StockRow[]) {
    this.#records = records;
    if (records.length === 0) return;
    const cut = new Set(records.map(({ merchantId, id }) => mapName(merchantId, id)));
    for (const { merchantId, stock } of stocks) {
      const name = mapName(merchantId, stock.id);
      if (!cut.has(name)) continue;
      const { onHandQty, reservedQty } = stock;
      this.#bounds.set(name, { reservedMax: reservedQty, availableMin: onHandQty - reservedQty, holds: 0 });
    }
  }

  /** How many more holds the command needs than those before it. */
  needOf(command: Command): number {
    let need = 0;
    for (const [name, { holds }] of this.#after(command)) need += holds - this.#bounds.get(name)!.holds;
    return need;
  }

  /** The command will be decided. */
  add(command: Command): void {
    for (const [name, bounds] of this.#after(command)) this.#bounds.set(name, bounds);
  }

  /** The holds to read. Expired holds may be among the newest ones, so more are read. */
  wanted(expired: readonly HoldRow[]): HoldsOfRecord[] {
    return withSpare(this.#records, expired, ({ merchantId, id }) => {
      return this.#bounds.get(mapName(merchantId, id))?.holds ?? 0;
    });
  }

  /** The bounds that a command changes, whether it is accepted or not. */
  #after(command: Command): ReadonlyMap<string, Bounds> {
    const after = new Map<string, Bounds>();
    if (this.#bounds.size === 0) return after;
    const { merchantId } = command;
    const change = (id: string, to: (before: Bounds) => Bounds): void => {
      const name = mapName(merchantId, id);
      const before = after.get(name) ?? this.#bounds.get(name);
      if (before !== undefined) after.set(name, to(before));
    };
    for (const { id, qty } of unitsToReserve(command, this.#records)) change(id, reserved(qty));
    switch (command.kind) {
      case 'adjust':
        change(command.id, adjusted(command));
        break;
      case 'batch_adjust':
        for (const line of command.lines) change(line.id, adjusted(line));
        break;
      case 'set_on_hand': {
        const { id, qty, releaseShortfall } = command;
        change(id, (before) =>
          changed(before, releaseShortfall ? before.reservedMax - qty : 0, qty - before.reservedMax),
        );
        break;
      }
      case 'count_record':
        // The command does not say which record it counts.
        for (const { merchantId: of, id } of this.#records) {
          if (of === merchantId) change(id, (before) => changed(before, 0, 0));
        }
        break;
      // All others reduce the available units only by what they reserve, which is counted above.
      default:
        break;
    }
    return after;
  }
}

function reserved(qty: number): (before: Bounds) => Bounds {
  return ({ reservedMax, availableMin, holds }) => ({
    reservedMax: reservedMax + qty,
    availableMin: Math.max(0, availableMin - qty),
    holds,
  });
}

function adjusted({
  qty,
  releaseShortfall,
}: Pick<Adjustment, 'qty' | 'releaseShortfall'>): (before: Bounds) => Bounds {
  return (before) => {
    const left = before.availableMin + Math.min(0, qty);
    return changed(before, releaseShortfall ? -left : 0, left);
  };
}

/** `missing`: units that holds may have to lose; `left`: the fewest units that are then available. */
function changed({ reservedMax, availableMin, holds }: Bounds, missing: number, left: number): Bounds {
  const needed = Math.min(Math.max(0, missing), reservedMax, SHORTFALL_HOLDS_MAX);
  return { reservedMax, availableMin: Math.min(availableMin, Math.max(0, left)), holds: holds + needed };
}
