import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { UpdateInventoryRequestSchema } from '../../../../src/gen/inventory/v1/inventory_record_pb.js';
import { idempotencyKeyOf } from '../../../../src/transport/dispatch/idempotency-key.js';

/** Besides what scenarios send through all doors: a key among an update's details, for which REST has no second place. */
test.each<[header: string | undefined, field: string | undefined, inDetails: string | undefined, string]>([
  ['a', 'a', 'a', 'a'],
  [undefined, undefined, 'a', 'a'],
  [undefined, 'a', 'a', 'a'],
  [undefined, 'a', 'b', 'details.idempotencyKey must be the same key wherever it is given'],
  ['a', undefined, 'b', 'details.idempotencyKey must be the same key wherever it is given'],
  ['a', 'b', 'a', 'idempotencyKey must be the same key wherever it is given'],
])('header %s, field %s, in details %s → %s', (header, field, inDetails, expected) => {
  const request = create(UpdateInventoryRequestSchema, {
    ...(field && { idempotencyKey: field }),
    details: inDetails === undefined ? {} : { idempotencyKey: inDetails },
  });
  const key = idempotencyKeyOf(request, header);
  expect(typeof key === 'object' ? `${key.field} ${key.description}` : key).toBe(expected);
});
