import type { OrderUnits } from '../command.js';
import type { OrderEndedReason, OrderVerb, Rejection } from '../failure.js';
import type { Hold } from '../hold.js';
import { type OrderEnding, orderEnding } from '../order-state.js';
import type { OrderView, RecordView, World } from './decision.js';
import { recordsOf } from './named-records.js';

/** The most records in an order that is changed as a whole, and that an order may choose from. */
export const ORDER_RECORDS_MAX = 5000;

/** Units of one hold of an order. */
export interface HeldUnits<R extends RecordView> {
  readonly record: R;
  readonly hold: Hold;
  readonly qty: number;
}

type Found<R extends RecordView> =
  | { readonly found: true; readonly units: readonly HeldUnits<R>[] }
  | { readonly found: false; readonly rejection: Rejection };

/** Finds the units that a command on an order names: all that it holds, or exactly the lines. In order of record. */
export function findUnits<R extends RecordView>(
  { reference, lines }: OrderUnits,
  verb: OrderVerb,
  world: World<R>,
): Found<R> {
  return lines === undefined
    ? allUnits(reference, verb, world)
    : unitsOfLines({ reference, lines }, verb, world);
}

function allUnits<R extends RecordView>(reference: string, verb: OrderVerb, world: World<R>): Found<R> {
  const order = world.order(reference);
  if (order.tooLarge) return { found: false, rejection: tooLarge(verb) };
  const units = order.records().map((record): HeldUnits<R> => {
    const hold = record.hold(reference)!;
    return { record, hold, qty: hold.qty };
  });
  if (units.length === 0) return { found: false, rejection: ended(order, reference) };
  return { found: true, units };
}

function unitsOfLines<R extends RecordView>(
  { reference, lines }: Required<OrderUnits>,
  verb: OrderVerb,
  world: World<R>,
): Found<R> {
  const named = recordsOf(lines!, world);
  if (!named.found) {
    return { found: false, rejection: { reason: 'INVENTORY_NOT_FOUND', ids: named.unknown } };
  }
  const order = world.order(reference);
  if (!order.isHeld()) return { found: false, rejection: ended(order, reference) };
  const units: HeldUnits<R>[] = [];
  const unheldLines = [];
  for (const [id, record] of named.records) {
    const requested = named.wanted.get(id)!;
    const hold = record.hold(reference);
    if (hold === undefined || requested > hold.qty) {
      unheldLines.push({ id, requested, reserved: hold?.qty ?? 0 });
    } else units.push({ record, hold, qty: requested });
  }
  if (unheldLines.length > 0) {
    return { found: false, rejection: { reason: 'INSUFFICIENT_RESERVED', reference, verb, unheldLines } };
  }
  return { found: true, units: units.sort((a, b) => (a.record.stock.id < b.record.stock.id ? -1 : 1)) };
}

/** Of an order that only calls on its single records can change. */
export function tooLarge(verb: OrderVerb): Rejection {
  const description = `holds units of more than ${ORDER_RECORDS_MAX} records; ${verb} them record by record`;
  return { reason: 'VALIDATION_FAILED', violations: [{ field: 'reference', description }] };
}

function ended({ endedBy }: OrderView, reference: string): Rejection {
  const ending = orderEnding(endedBy);
  return { reason: ending === undefined ? 'ORDER_NOT_HELD' : endedReasons[ending], reference };
}

const endedReasons: Readonly<Record<OrderEnding, OrderEndedReason>> = {
  released: 'ORDER_ALREADY_RELEASED',
  confirmed: 'ORDER_ALREADY_CONFIRMED',
  expired: 'ORDER_EXPIRED',
};
