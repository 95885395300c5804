import type { Scenario } from '../scenario.js';
import { adjustments } from './adjustments.js';
import { batchAdjust } from './batch-adjust.js';
import { confirms } from './confirm.js';
import { counts } from './counts.js';
import { expiry } from './expiry.js';
import { extendOrders } from './extend-order.js';
import { idempotency } from './idempotency.js';
import { keyedCases } from './keyed-cases.js';
import { keyedRpcs } from './keyed-rpcs.js';
import { lists } from './lists.js';
import { logs } from './logs.js';
import { moveOrders } from './move-order.js';
import { orderEndings } from './order-endings.js';
import { orderLines } from './order-lines.js';
import { orderTtl } from './order-ttl.js';
import { orders } from './orders.js';
import { partials } from './partial.js';
import { permissions } from './permissions.js';
import { records } from './records.js';
import { reservations } from './reservations.js';
import { setHolds } from './set-hold.js';
import { setOrders } from './set-order.js';
import { settings } from './settings.js';
import { sourcing } from './sourcing.js';
import { strangers } from './strangers.js';
import { strings } from './strings.js';
import { updates } from './updates.js';
import { validation } from './validation.js';

/** The list that runs through every door. */
export const areas: Readonly<Record<string, readonly Scenario[]>> = {
  reservations,
  expiry,
  confirms,
  setHolds,
  orders,
  setOrders,
  sourcing,
  orderTtl,
  orderEndings,
  orderLines,
  extendOrders,
  moveOrders,
  partials,
  records,
  updates,
  lists,
  adjustments,
  batchAdjust,
  counts,
  logs,
  settings,
  idempotency,
  keyedRpcs,
  keyedCases,
  permissions,
  strangers,
  strings,
  validation,
};
