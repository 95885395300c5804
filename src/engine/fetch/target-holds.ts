import { mapName } from '../../domain/map-name.js';
import type { HoldKey } from '../../store/tables/holds.js';
import type { OrderKey } from '../../store/tables/orders.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';
import type { FetchPlan } from './fetch-plan.js';

/**
 * The holds that get the units of whole orders that move: under the other reference, on each record that the order may
 * hold units of by then. Those are the records found before the locks, and those on which commands of the batch may
 * give it units before: reserves, and moves into it.
 */
export function targetHolds(
  { holds, given, moves }: Pick<FetchPlan, 'holds' | 'given' | 'moves'>,
  held: readonly (RecordKey & OrderKey)[],
): HoldKey[] {
  const records = new Map<string, Set<string>>();
  const recordsOf = (merchantId: string, reference: string): Set<string> => {
    const name = mapName(merchantId, reference);
    const found = records.get(name) ?? new Set();
    records.set(name, found);
    return found;
  };
  for (const { merchantId, reference, inventoryId } of [...holds, ...given]) {
    recordsOf(merchantId, reference).add(inventoryId);
  }
  for (const { merchantId, reference, id } of held) recordsOf(merchantId, reference).add(id);

  const targets: HoldKey[] = [];
  for (const { merchantId, reference, toReference } of moves) {
    const theirs = recordsOf(merchantId, toReference);
    for (const inventoryId of recordsOf(merchantId, reference)) {
      if (theirs.has(inventoryId)) continue;
      theirs.add(inventoryId);
      targets.push({ merchantId, inventoryId, reference: toReference });
    }
  }
  return targets;
}
