import { expect, test } from 'vitest';
import { InventoryService } from '../../../../../src/gen/inventory/v1/inventory_service_pb.js';
import { MalformedRequest } from '../../../../../src/transcoding/index.js';
import { malformedAsWritten } from '../../../../../src/transport/http/rest/rest-fields.js';

const { updateInventory, reserve, getInventory } = InventoryService.method;

test.each([
  // The body is the request's `details`.
  [updateInventory, 'details.location', 'location: must be a string'],
  [updateInventory, 'details', 'the body must be a string'],
  [updateInventory, 'detailsOf', 'detailsOf: must be a string'],
  [updateInventory, 'updateMask', 'updateMask: must be a string'],
  [updateInventory, undefined, 'must be a string'],
  [reserve, 'qty', 'qty: must be a string'],
  [getInventory, 'id', 'id: must be a string'],
])('%s, %s: %s', (method, field, message) => {
  expect(malformedAsWritten(new MalformedRequest('must be a string', field), method).message).toBe(message);
});
