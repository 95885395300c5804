import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Reads } from '../../service/reads/reads.js';
import { microsecondsOf, timestampOfUs } from '../messages/instant.js';
import { actionOf, logMessage } from '../messages/log.js';
import { heldOrderMessage, holdMessage, orderMessage } from '../messages/order.js';
import type { Operation } from './operation.js';
import { read } from './read.js';

/** The RPCs that tell whose units are held, and what became of them. */
export function orderReadOperations(reads: Reads): Operation[] {
  const { method } = InventoryService;
  return [
    read(
      method.listLogs,
      (call, { from, to, ...request }) =>
        reads.listLogs(call, {
          ...request,
          action: actionOf(request.action),
          fromUs: from && microsecondsOf(from),
          toUs: to && microsecondsOf(to),
        }),
      ({ totalIsEstimate, prunedBeforeUs, ...page }, { merchantId }) => ({
        ...page,
        content: page.content.map((entry) => logMessage(merchantId, entry)),
        ...(totalIsEstimate && { totalIsEstimate }),
        ...(prunedBeforeUs !== null && { prunedBefore: timestampOfUs(prunedBeforeUs) }),
      }),
    ),
    read(
      method.getOrder,
      (call, { reference }) => reads.getOrder(call, reference),
      (order) => ({ order: orderMessage(order) }),
    ),
    read(
      method.listOrders,
      (call, { expiresBefore, heldBefore, ...request }) =>
        reads.listOrders(call, {
          ...request,
          expiresBeforeUs: expiresBefore && microsecondsOf(expiresBefore),
          heldBeforeUs: heldBefore && microsecondsOf(heldBefore),
        }),
      (page) => ({ ...page, content: page.content.map(heldOrderMessage) }),
    ),
    read(
      method.listHolds,
      (call, request) => reads.listHolds(call, request),
      ({ id, content, limit, nextPageToken }) => ({
        content: content.map((hold) => holdMessage(id, hold)),
        limit,
        nextPageToken,
      }),
    ),
  ];
}
