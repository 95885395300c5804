import type { Command } from '../../domain/command.js';
import { UNREFERENCED } from '../../domain/hold.js';
import { mapName } from '../../domain/map-name.js';
import type { OrderKey, WantedOrder } from '../../store/tables/orders.js';
import type { Submission } from '../submission.js';

/**
 * Marks the orders that one command of the batch may end before another one asks how they ended: those that several
 * commands name, and all orders if a command may take units of any. A command alone finds either what the order holds
 * or how it ended.
 */
export function markContested<O extends OrderKey>(
  orders: readonly O[],
  submissions: readonly Submission[],
): readonly (O & WantedOrder)[] {
  const naming = new Map<string, number>();
  const drawing = new Set<string>();
  for (const { command } of submissions) {
    if (drawsOnAny(command)) drawing.add(command.merchantId);
    if (!('reference' in command)) continue;
    const name = mapName(command.merchantId, command.reference);
    naming.set(name, (naming.get(name) ?? 0) + 1);
  }
  return orders.map((order) => {
    const { merchantId, reference } = order;
    const several = (naming.get(mapName(merchantId, reference)) ?? 0) > 1;
    return { contested: drawing.has(merchantId) || several, ...order };
  });
}

/** Whether it may take units out of holds that it does not name. */
function drawsOnAny(command: Command): boolean {
  switch (command.kind) {
    case 'release':
    case 'confirm':
      return command.reference === UNREFERENCED;
    case 'adjust':
    case 'set_on_hand':
      return command.releaseShortfall === true;
    case 'batch_adjust':
      return command.lines.some(({ releaseShortfall }) => releaseShortfall === true);
    default:
      return false;
  }
}
