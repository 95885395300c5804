import type {
  Decision,
  OrderView,
  RecordDescriptionView,
  RecordView,
  World,
} from '../../../src/domain/decisions/decision.js';
import { failureMessage } from '../../../src/domain/failure-message.js';
import type { Hold } from '../../../src/domain/hold.js';
import type { DoneLine } from '../../../src/domain/import-line.js';
import type { RecordIdentity } from '../../../src/domain/inventory-record.js';

/** The instant at which decisions are made, milliseconds since the epoch. */
export const NOW_MS = 1_790_000_000_000;

/** How often each record has changed before. */
export const REVISION = 100;

/** Holds by age, each as [reference, qty]; '' is the unreferenced one. The n-th was opened at revision n. */
export type Held = readonly (readonly [string, number])[];

export const who = { merchantId: 'mer_1', notes: 'why', actor: 'ann' } as const;

export const description: RecordDescriptionView = {
  productId: 'prod_1',
  skuId: 'sku_1',
  warehouseId: 'wh_1',
  warehouseName: 'North',
  location: 'A-1',
  reorderLevel: 5,
  reorderQty: 20,
  variantAttributes: { size: 'M' },
  lastAdjustedAtMs: 1,
  lastAdjustedBy: 'bob',
  createdAtMs: 1,
};

export function record(id: string, onHandQty: number, held: Held = []): RecordView {
  const holds = new Map(
    held.map(([reference, qty], i): [string, Hold] => [
      reference,
      { reference, qty, openedRevision: i + 1, expiresAtMs: null },
    ]),
  );
  const reservedQty = held.reduce((sum, [, qty]) => sum + qty, 0);
  return {
    stock: { id, onHandQty, reservedQty, revision: REVISION, nextExpiryAtMs: null },
    description,
    hold: (reference) => holds.get(reference),
    holds: () => holds.values(),
    oldestHoldsQty: Number.POSITIVE_INFINITY,
  };
}

/** What a world has besides its records. */
interface Rest {
  readonly endedBy?: OrderView['endedBy'];
  readonly tooLarge?: boolean;
  /** The order holds units of records that the decision does not see. */
  readonly heldElsewhere?: boolean;
  readonly taken?: RecordIdentity & { readonly id: string };
  readonly doneLine?: DoneLine;
  /** The warehouse of each record of each SKU: SKU → id → warehouse. */
  readonly skus?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A world of these records; orders hold what the records' holds say. */
export function world(records: readonly RecordView[], rest: Rest = {}): World {
  const { endedBy, tooLarge = false, heldElsewhere = false, taken, doneLine, skus = {} } = rest;
  return {
    nowMs: NOW_MS,
    record: (id) => records.find(({ stock }) => stock.id === id),
    order: (reference) => ({
      records: () => records.filter((one) => one.hold(reference) !== undefined),
      endedBy,
      left: () => [],
      isHeld: () => heldElsewhere || records.some((one) => one.hold(reference) !== undefined),
      tooLarge,
    }),
    idOf: ({ productId, skuId, warehouseId }) =>
      productId === taken?.productId && skuId === taken.skuId && warehouseId === taken.warehouseId
        ? taken.id
        : undefined,
    source: ({ of, warehouseIds }) => {
      const found = Object.entries(('skuId' in of && skus[of.skuId]) || {});
      return {
        known: found.length > 0,
        candidates: found
          .map(([id, warehouseId]) => ({ id, warehouseId }))
          .filter(({ warehouseId }) => warehouseIds.length === 0 || warehouseIds.includes(warehouseId)),
      };
    },
    doneLine: () => doneLine,
    settings: { defaultTtlSeconds: 60 },
  };
}

/** `inv_1 reserved of on hand, ref=qty …; …` of what changes, or the message. */
export function said(decision: Decision): string {
  if (!decision.accepted) return failureMessage(decision.rejection);
  return decision.changes.records
    .map(({ stock, holds }) => {
      const left = holds.map(({ reference, qty }) => `${reference}=${qty}`).join(' ');
      return `${stock.id} ${stock.reservedQty} of ${stock.onHandQty}${left === '' ? '' : `, ${left}`}`;
    })
    .join('; ');
}
