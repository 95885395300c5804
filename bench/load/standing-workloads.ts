import type { OrderGranted } from './order.js';
import type { LoadPlan } from './plan.js';
import { areRight, type Figures } from './reserve.js';
import type { Workload } from './sender.js';
import { granted, type HeldOrder, type StandingCall, StandingOrders } from './standing-orders.js';

/** One ExtendOrder. */
export interface ExtendCall extends StandingCall {
  readonly ttlSeconds: number;
}

/** One SetOrder: each line gets another quantity than it has. */
export interface SetCall extends StandingCall {
  readonly qtys: readonly number[];
}

/** One MoveOrder of all that the order holds, to a reference that never held anything. */
export interface MoveCall extends StandingCall {
  readonly toReference: string;
}

/** What a granted ExtendOrder is told. */
export interface Extended {
  readonly reference: string;
  readonly holds: readonly { readonly id: string; readonly qty: number; readonly expiresAtMs: number }[];
}

/** What a granted MoveOrder is told. */
export interface Moved {
  readonly reference: string;
  readonly toReference: string;
  readonly lines: readonly { readonly id: string; readonly qty: number }[];
  readonly stock: readonly Figures[];
}

const head = (order: HeldOrder) => ({ order, reference: order.reference, idempotencyKey: undefined });

/** Longer than a run. An expiry is right if it is no more than this away from what the generator's clock says. */
const TTL_SECONDS = [7200, 14_400] as const;
const CLOCKS_APART_MS = 60_000;

export function extendsOrders(plan: LoadPlan, lines: number): Workload<ExtendCall, Extended> {
  const orders = new StandingOrders(plan);
  let calls = 0;
  return {
    linesPerCall: lines,
    next: () => ({ ...head(orders.take()), ttlSeconds: TTL_SECONDS[++calls % 2]! }),
    judge: (call, answer) => {
      const { order, ttlSeconds } = call;
      return granted(call, answer, ({ reference, holds }) => {
        const expiresAtMs = Date.now() + ttlSeconds * 1000;
        const right =
          reference === order.reference &&
          holds.length === order.ids.length &&
          holds.every(
            (hold, i) =>
              hold.id === order.ids[i] &&
              hold.qty === order.qtys[i] &&
              Math.abs(hold.expiresAtMs - expiresAtMs) < CLOCKS_APART_MS,
          );
        if (right) orders.putBack(order);
        return right;
      });
    },
    told: () => orders.told(),
  };
}

/** A line has 1, 2 or 3 units, and then another of these. */
function anotherQty(qty: number): number {
  return 1 + ((qty + Math.floor(Math.random() * 2)) % 3);
}

export function setsOrders(plan: LoadPlan, lines: number): Workload<SetCall, OrderGranted> {
  const orders = new StandingOrders(plan);
  return {
    linesPerCall: lines,
    next: () => {
      const order = orders.take();
      return { ...head(order), qtys: order.qtys.map(anotherQty) };
    },
    judge: (call, answer) => {
      const { order, qtys } = call;
      return granted(call, answer, ({ reference, lines, stock }) => {
        const right =
          reference === order.reference &&
          lines.length === order.ids.length &&
          lines.every((line, i) => line.id === order.ids[i] && line.reserved === qtys[i]) &&
          areAllRight(order, stock);
        if (!right) return false;
        const more = qtys.filter((qty, i) => qty > order.qtys[i]!).length;
        order.qtys = qtys;
        orders.putBack(order, { RESERVED: more, RELEASED: qtys.length - more });
        return true;
      });
    },
    told: () => orders.told(),
  };
}

export function movesOrders(plan: LoadPlan, lines: number): Workload<MoveCall, Moved> {
  const orders = new StandingOrders(plan);
  let calls = 0;
  return {
    linesPerCall: lines,
    next: () => ({ ...head(orders.take()), toReference: `${plan.referencePrefix}-moved-${++calls}` }),
    judge: (call, answer) => {
      const { order, toReference } = call;
      return granted(call, answer, (moved) => {
        const right =
          moved.reference === order.reference &&
          moved.toReference === toReference &&
          moved.lines.length === order.ids.length &&
          moved.lines.every((line, i) => line.id === order.ids[i] && line.qty === order.qtys[i]) &&
          areAllRight(order, moved.stock);
        if (!right) return false;
        order.reference = toReference;
        orders.putBack(order, { MOVED: order.ids.length });
        return true;
      });
    },
    told: () => orders.told(),
  };
}

function areAllRight({ ids }: HeldOrder, stock: readonly Figures[]): boolean {
  return stock.length === ids.length && stock.every((figures, i) => areRight(ids[i]!, figures));
}
