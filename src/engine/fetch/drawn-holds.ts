import type { Command, ConfirmCommand, ReleaseCommand } from '../../domain/command.js';
import { DRAW_HOLDS_MAX } from '../../domain/decisions/release-confirm.js';
import { UNREFERENCED } from '../../domain/hold.js';
import { mapName } from '../../domain/map-name.js';
import type { HoldRow, HoldsOfRecord, OldestQty } from '../../store/tables/holds.js';
import type { RecordKey, StockRow } from '../../store/tables/stock-levels.js';
import type { DrawnRecord } from './fetch-plan.js';
import { unitsToReserve } from './reserved-units.js';

/** If a draw may need more holds than this, their sum is looked at before they are read. */
const FEW_HOLDS = 100;

interface Drawn {
  readonly record: DrawnRecord;
  /** Units of its holds in the table: those with a reference, and those without. */
  readonly referencedQty: number;
  readonly unreferencedQty: number;
  /** The most units that it can have reserved when the next command is decided. */
  reservedMax: number;
  /** A draw of more units is refused: it would draw on too many holds. */
  drawableMax: number;
  /** The draws so far that may succeed: the sum of their units, and their number. */
  drawnQty: number;
  draws: number;
  /** How many of its oldest holds those draws may need. */
  holds: number;
}

/**
 * Computes from the locked figures, before any hold is read, how many holds the draws without a reference need.
 *
 * Such a draw takes the unreferenced units first, then from the oldest holds. Each hold has at least one unit, so at
 * most as many of the oldest are needed as units are left to draw. A draw of more units than the record can have
 * reserved is refused whatever its holds are, and needs none. So is a draw of more units than it may take: the
 * unreferenced ones and those of the DRAW_HOLDS_MAX oldest holds.
 */
export class DrawnHolds {
  readonly #records: readonly DrawnRecord[];
  readonly #drawn = new Map<string, Drawn>();

  /** `named` has the unreferenced units of each record; `sums` has the units of the holds that `many` asked for. */
  constructor(
    records: readonly DrawnRecord[],
    stocks: readonly StockRow[],
    named: readonly HoldRow[],
    sums: readonly OldestQty[] = [],
  ) {
    this.#records = records;
    const oldest = new Map(sums.map((row) => [mapName(row.merchantId, row.inventoryId), row.qty]));
    const reserved = new Map(stocks.map((row) => [nameOf(row.merchantId, row.stock), row.stock.reservedQty]));
    const unreferenced = new Map<string, number>();
    for (const { merchantId, inventoryId, hold } of named) {
      if (hold.reference === UNREFERENCED) unreferenced.set(mapName(merchantId, inventoryId), hold.qty);
    }
    for (const record of records) {
      const name = nameOf(record.merchantId, record);
      const reservedQty = reserved.get(name);
      if (reservedQty === undefined) continue;
      const unreferencedQty = unreferenced.get(name) ?? 0;
      this.#drawn.set(name, {
        record,
        referencedQty: reservedQty - unreferencedQty,
        unreferencedQty,
        reservedMax: reservedQty,
        drawableMax: unreferencedQty + (oldest.get(name) ?? Number.POSITIVE_INFINITY),
        drawnQty: 0,
        draws: 0,
        holds: 0,
      });
    }
  }

  /** How many more holds the command needs than those before it. */
  needOf(command: Command): number {
    if (!isDraw(command)) return 0;
    const drawn = this.#drawn.get(nameOf(command.merchantId, command));
    return drawn === undefined ? 0 : holdsWith(drawn, command) - drawn.holds;
  }

  /** The command will be decided. */
  add(command: Command): void {
    if (this.#drawn.size === 0) return;
    for (const line of unitsToReserve(command, this.#records)) this.#reserve(command.merchantId, line);
    if (isDraw(command)) this.#draw(command);
  }

  /** The holds to read. Expired holds may be the oldest ones, so as many more are read. */
  wanted(expired: readonly HoldRow[]): HoldsOfRecord[] {
    return this.#oldest(expired, ({ holds }) => holds);
  }

  /**
   * The holds to sum up before any is read: those that one draw may take from, for records where draws may need many.
   */
  many(expired: readonly HoldRow[]): HoldsOfRecord[] {
    return this.#oldest(expired, ({ holds }) => (holds > FEW_HOLDS ? DRAW_HOLDS_MAX : 0));
  }

  #oldest(expired: readonly HoldRow[], holdsOf: (drawn: Drawn) => number): HoldsOfRecord[] {
    const drawn = [...this.#drawn.values()];
    return withSpare(
      drawn.map(({ record }) => record),
      expired,
      (_, i) => holdsOf(drawn[i]!),
    );
  }

  #reserve(merchantId: string, { id, qty }: { id: string; qty: number }): void {
    const drawn = this.#drawn.get(mapName(merchantId, id));
    if (drawn === undefined) return;
    drawn.reservedMax += qty;
    drawn.drawableMax += qty;
  }

  #draw(command: Draw): void {
    const drawn = this.#drawn.get(nameOf(command.merchantId, command));
    if (drawn === undefined || isRefused(drawn, command)) return;
    drawn.holds = holdsWith(drawn, command);
    drawn.drawnQty += command.qty;
    drawn.draws++;
  }
}

/** As many holds of each record as are needed, and one more for each that may end before its turn comes. */
export function withSpare(
  records: readonly DrawnRecord[],
  expired: readonly HoldRow[],
  holdsOf: (record: DrawnRecord, index: number) => number,
): HoldsOfRecord[] {
  const expiredCounts = new Map<string, number>();
  for (const { merchantId, inventoryId } of expired) {
    const name = mapName(merchantId, inventoryId);
    expiredCounts.set(name, (expiredCounts.get(name) ?? 0) + 1);
  }
  const wanted: HoldsOfRecord[] = [];
  for (const [i, record] of records.entries()) {
    const holds = holdsOf(record, i);
    if (holds === 0) continue;
    const { merchantId, id: inventoryId, namedHolds } = record;
    const count = holds + namedHolds + (expiredCounts.get(nameOf(merchantId, record)) ?? 0);
    wanted.push({ merchantId, inventoryId, count });
  }
  return wanted;
}

type Draw = ReleaseCommand | ConfirmCommand;

/** Whether it draws without a reference. With a reference, its only hold is read by name. */
function isDraw(command: Command): command is Draw {
  return (command.kind === 'release' || command.kind === 'confirm') && command.reference === UNREFERENCED;
}

function isRefused({ reservedMax, drawableMax }: Drawn, { qty }: Draw): boolean {
  return qty > Math.min(reservedMax, drawableMax);
}

function holdsWith(drawn: Drawn, command: Draw): number {
  if (isRefused(drawn, command)) return drawn.holds;
  const { qty } = command;
  const qtyOfHolds = Math.min(drawn.drawnQty + qty - drawn.unreferencedQty, drawn.referencedQty);
  return Math.max(drawn.holds, Math.min(qtyOfHolds, (drawn.draws + 1) * DRAW_HOLDS_MAX));
}

function nameOf(merchantId: string, { id }: Pick<RecordKey, 'id'>): string {
  return mapName(merchantId, id);
}
