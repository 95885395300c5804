import type { JsonRequest, Rpc } from '../support/doors.js';
import type { Random } from './random.js';

/** One call of a shop. Its key is also in the notes of everything that it writes. */
export interface ShopCall {
  readonly rpc: Rpc;
  readonly request: JsonRequest;
  readonly key: string;
}

type Line = { readonly id: string; readonly qty: number };

/** Draws one of all the ways to change stock. Few orders and few units, so that they meet. */
export function drawCall(random: Random, shop: string, key: string, ids: readonly string[]): ShopCall {
  const line = (most = 3): Line => ({ id: random.pick(ids), qty: 1 + random.below(most) });
  const lines = (): Line[] => Array.from({ length: 1 + random.below(4) }, () => line());
  const order = random.below(12);
  const reference = `${shop}-${order}`;
  const other = `${shop}-${(order + 1 + random.below(11)) % 12}`;
  const ttl = random.pick([{}, { ttlSeconds: 1000 }, { ttlSeconds: 3000 }, { openEnded: true }]);
  const common = { reference, notes: key };
  const adjustment = () => ({
    ...line(4),
    action: random.pick(['RECEIVED', 'RETURNED', 'ADJUSTED']),
    notes: key,
    reference,
  });
  switch (random.below(26)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { rpc: 'Reserve', key, request: { ...line(), ...common, ...ttl } };
    case 4:
    case 5:
      return { rpc: 'Release', key, request: { ...line(), ...common } };
    case 6:
      return { rpc: 'Confirm', key, request: { ...line(2), ...common } };
    case 7:
    case 8:
      return { rpc: 'ReserveOrder', key, request: { ...common, ...ttl, lines: lines() } };
    case 9: {
      // Each record is the only one of its product.
      const byProduct = lines().map(({ id, qty }) => ({ productId: id, qty, split: random.below(2) === 0 }));
      return { rpc: 'ReserveOrder', key, request: { ...common, ...ttl, lines: byProduct } };
    }
    case 10:
      return { rpc: 'ReserveOrder', key, request: { ...common, ...ttl, lines: lines(), allowPartial: true } };
    case 11:
      return { rpc: 'ReleaseOrder', key, request: common };
    case 12:
      return { rpc: 'ConfirmOrder', key, request: common };
    case 13:
      return { rpc: 'Adjust', key, request: adjustment() };
    case 14:
      // The expected quantity is rarely right, so the call is mostly stale.
      return {
        rpc: 'Adjust',
        key,
        request: { ...adjustment(), qty: -2, action: 'DAMAGED', expectedOnHandQty: 100 + random.below(10) },
      };
    case 15:
    case 16:
      return { rpc: 'SetOrder', key, request: { ...common, ...ttl, lines: lines().slice(random.below(2)) } };
    case 17:
      return { rpc: 'SetHold', key, request: { ...line(5), ...common, ...ttl } };
    case 18:
      return {
        rpc: random.pick(['ReleaseOrder', 'ConfirmOrder']),
        key,
        request: { ...common, lines: [line(2)] },
      };
    case 19:
    case 20:
      return {
        rpc: 'MoveOrder',
        key,
        request: { ...common, ...ttl, toReference: other, ...random.pick([{}, { lines: lines() }]) },
      };
    case 21:
    case 22: {
      const term = random.pick([{ ttlSeconds: 1000 }, { ttlSeconds: 3000 }, { openEnded: true }]);
      return { rpc: 'ExtendOrder', key, request: { reference, ...term } };
    }
    case 23:
    case 24:
      // Soon this is more than is available, so orders lose units.
      return {
        rpc: 'Adjust',
        key,
        request: {
          ...adjustment(),
          qty: -1 - random.below(60),
          action: 'DAMAGED',
          releaseShortfall: true,
        },
      };
    default:
      return { rpc: 'BatchAdjust', key, request: { lines: [adjustment(), adjustment()] } };
  }
}

/** For a call that sets holds: the units that its reference then holds of a record; undefined for other calls. */
export function heldAfter({ rpc, request }: ShopCall): ((id: string) => number) | undefined {
  const { id, qty, lines } = request as Line & { lines: readonly Line[] };
  if (rpc === 'SetHold') return (of) => (of === id ? qty : Number.NaN);
  if (rpc !== 'SetOrder') return undefined;
  return (of) => lines.reduce((sum, line) => (line.id === of ? sum + line.qty : sum), 0);
}

/** What orders have lost because units are missing, entry by entry; their notes say that, and do not have the key. */
export function lossesOf({ request }: ShopCall, data: unknown): string[] {
  const { shortfall = [] } = data as { shortfall?: readonly { reference: string; qty: number }[] };
  return shortfall.map(({ reference, qty }) => `shortfall: ${request.id} RELEASED 0 ${-qty} ${reference}`);
}

/** `id action on-hand reserved reference` of each log entry that the call has written, if it was accepted so. */
export function entriesOf({ rpc, request }: ShopCall, data: unknown): string[] {
  const { id, qty, reference, action } = request as Line & { reference: string; action: string };
  const answered = (data as { lines?: (Line & { reserved: number })[] }).lines ?? [];
  const entry = (of: string, what: string, onHand: number, reserved: number): string =>
    `${of} ${what} ${onHand} ${reserved} ${reference}`;
  switch (rpc) {
    case 'Reserve':
      return [entry(id, 'RESERVED', 0, qty)];
    case 'Release':
      return [entry(id, 'RELEASED', 0, -qty)];
    case 'Confirm':
      return [entry(id, 'SOLD', -qty, -qty)];
    case 'ReserveOrder': {
      // A record named twice has one entry, with its sum.
      const sums = new Map<string, number>();
      for (const line of answered) sums.set(line.id, (sums.get(line.id) ?? 0) + line.reserved);
      return [...sums].filter(([, sum]) => sum > 0).map(([of, sum]) => entry(of, 'RESERVED', 0, sum));
    }
    case 'ReleaseOrder':
      return answered.map((line) => entry(line.id, 'RELEASED', 0, -line.qty));
    case 'ConfirmOrder':
      return answered.map((line) => entry(line.id, 'SOLD', -line.qty, -line.qty));
    case 'MoveOrder':
      return answered.map((line) => `${entry(line.id, 'MOVED', 0, 0)} ${line.qty} to ${request.toReference}`);
    case 'ExtendOrder':
      return [];
    case 'Adjust':
      return [entry(id, action, qty, 0)];
    case 'SetHold':
    case 'SetOrder':
      // Their entries depend on what was held before.
      return [];
    case 'BatchAdjust':
      return (request.lines as (Line & { action: string; reference: string })[]).map(
        (line) => `${line.id} ${line.action} ${line.qty} 0 ${line.reference}`,
      );
    default:
      throw new Error(`${rpc} is not among the calls`);
  }
}
