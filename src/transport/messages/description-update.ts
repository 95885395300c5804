import type { FieldViolation } from '../../domain/failure.js';
import type { RecordDescription } from '../../domain/inventory-record.js';
import {
  type InventoryDetails,
  InventoryDetailsSchema,
  type UpdateInventoryRequest,
} from '../../gen/inventory/v1/inventory_record_pb.js';

/** Mask field → the value that the request sets, or the one that clears it. */
const readers: Readonly<Record<string, (details: Partial<InventoryDetails>) => Partial<RecordDescription>>> =
  {
    location: ({ location = '' }) => ({ location }),
    warehouse_name: ({ warehouseName = '' }) => ({ warehouseName }),
    reorder_level: ({ reorderLevel = 0 }) => ({ reorderLevel }),
    reorder_qty: ({ reorderQty = 0 }) => ({ reorderQty }),
    variant_attributes: ({ variantAttributes = {} }) => ({ variantAttributes }),
  };

/** The fields that can be changed, spelled as in JSON. */
const changeable = InventoryDetailsSchema.fields
  .filter(({ name }) => name in readers)
  .map(({ jsonName }) => jsonName)
  .join(', ');

/**
 * What an update changes, following https://google.aip.dev/134. With a mask: the fields that it names; those that are
 * absent are cleared. Without one: the fields that are present.
 */
export function descriptionUpdate({
  details,
  updateMask,
}: UpdateInventoryRequest):
  | { ok: true; update: Partial<RecordDescription> }
  | { ok: false; violation: FieldViolation } {
  const given: Partial<InventoryDetails> = details ?? {};
  const named = updateMask?.paths ?? [];
  const paths = named.length === 0 ? presentFields(given) : named;
  let update: Partial<RecordDescription> = {};
  for (const path of paths) {
    const read = Object.hasOwn(readers, path) ? readers[path] : undefined;
    if (read === undefined) {
      const description = `${path} cannot be changed; the fields that can are ${changeable}`;
      return { ok: false, violation: { field: 'updateMask', description } };
    }
    update = { ...update, ...read(given) };
  }
  return { ok: true, update };
}

function presentFields(details: Partial<InventoryDetails>): string[] {
  const present = [];
  if (details.location !== undefined) present.push('location');
  if (details.warehouseName !== undefined) present.push('warehouse_name');
  if (details.reorderLevel !== undefined) present.push('reorder_level');
  if (details.reorderQty !== undefined) present.push('reorder_qty');
  if (Object.keys(details.variantAttributes ?? {}).length > 0) present.push('variant_attributes');
  return present;
}
