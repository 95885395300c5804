import { EXPIRED_NOTE, type Movement, type MovementAction, SYSTEM_ACTOR } from './movement.js';

/** How an order ended that no longer holds anything. */
export type OrderEnding = 'released' | 'confirmed' | 'expired';

/** A movement of units that an order held, as far as it tells how it ended. */
export type EndingMovement = Pick<Movement, 'action' | 'actor' | 'notes'>;

/** The first of these that happened to any of its units is what the order is told to have ended by. */
const BY_WEIGHT: readonly OrderEnding[] = ['confirmed', 'released', 'expired'];

/** How units leave by an entry of each action; undefined: not at all, or not out of a hold. */
const ENDINGS: Readonly<Record<MovementAction, OrderEnding | undefined>> = {
  RESERVED: undefined,
  RELEASED: 'released',
  MOVED: 'released',
  SOLD: 'confirmed',
  RECEIVED: undefined,
  ADJUSTED: undefined,
  DAMAGED: undefined,
  RETURNED: undefined,
};

/** How the units of a movement left their order. Undefined when there is none, and for those that take no units away. */
export function orderEnding(movement: EndingMovement | undefined): OrderEnding | undefined {
  if (movement === undefined) return undefined;
  const { action, actor, notes } = movement;
  return action === 'RELEASED' && actor === SYSTEM_ACTOR && notes === EXPIRED_NOTE
    ? 'expired'
    : ENDINGS[action];
}

/** How an order ended, by the units that left it in each way. */
export function endingOf(left: Readonly<Record<OrderEnding, boolean>>): OrderEnding | undefined {
  return BY_WEIGHT.find((ending) => left[ending]);
}

/** Of two movements of an order's units, the one by which it is told to have ended; `later` came after `earlier`. */
export function weightier(
  earlier: EndingMovement | undefined,
  later: EndingMovement,
): EndingMovement | undefined {
  return weightOf(later) <= weightOf(earlier) ? later : earlier;
}

function weightOf(movement: EndingMovement | undefined): number {
  const ending = orderEnding(movement);
  return ending === undefined ? BY_WEIGHT.length : BY_WEIGHT.indexOf(ending);
}

/** Units of one record that an order held once, by the way in which they left it. */
export interface LeftUnits {
  readonly id: string;
  readonly confirmed: number;
  readonly released: number;
  readonly expired: number;
  readonly moved: number;
}

/** What has left, once a movement under the order's reference has come to it. */
export function leftWith(
  left: LeftUnits | undefined,
  movement: EndingMovement & Pick<Movement, 'inventoryId' | 'reservedDelta' | 'moved'>,
): LeftUnits {
  const { inventoryId: id, reservedDelta, moved } = movement;
  const before = left ?? { id, confirmed: 0, released: 0, expired: 0, moved: 0 };
  if (moved !== undefined) return { ...before, moved: before.moved + moved.qty };
  const ending = orderEnding(movement);
  return ending === undefined ? before : { ...before, [ending]: before[ending] - reservedDelta };
}
