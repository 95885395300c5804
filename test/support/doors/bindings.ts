import type { JsonRequest, Rpc } from './door.js';

/** An RPC's `google.api.http`, written out by hand, since the service's own reading of it is under test. */
export interface Binding {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT';
  readonly path: string;
  /** `*`: all fields that are not in the path; a name: that field, and the rest in the query. */
  readonly body?: string;
  /** The field that is the whole `data`; the response itself where there is none. */
  readonly data?: string;
}

const get = (path: string, data?: string): Binding => ({
  method: 'GET',
  path,
  ...(data === undefined ? {} : { data }),
});
const patch = (path: string, data: string, body = '*'): Binding => ({ method: 'PATCH', path, body, data });
const post = (path: string, data: string): Binding => ({ method: 'POST', path, body: '*', data });

const put = (path: string, data: string): Binding => ({ method: 'PUT', path, body: '*', data });

export const bindings: Readonly<Record<Rpc, Binding>> = {
  Reserve: patch('/v1/inventory/{id}/reserve', 'stock'),
  Release: patch('/v1/inventory/{id}/release', 'stock'),
  Confirm: patch('/v1/inventory/{id}/confirm', 'stock'),
  SetHold: put('/v1/inventory/{id}/holds/{reference}', 'stock'),
  ListOrders: get('/v1/orders'),
  ListHolds: get('/v1/inventory/{id}/holds'),
  ReserveOrder: post('/v1/orders/{reference}/reserve', 'order'),
  SetOrder: put('/v1/orders/{reference}', 'order'),
  ReleaseOrder: post('/v1/orders/{reference}/release', 'order'),
  ConfirmOrder: post('/v1/orders/{reference}/confirm', 'order'),
  ExtendOrder: post('/v1/orders/{reference}/extend', 'order'),
  MoveOrder: post('/v1/orders/{reference}/move', 'order'),
  GetOrder: get('/v1/orders/{reference}', 'order'),
  CreateInventory: post('/v1/inventory', 'record'),
  GetInventory: get('/v1/inventory/{id}', 'record'),
  ListInventory: get('/v1/inventory'),
  BatchGetInventory: { method: 'POST', path: '/v1/inventory/batch-get', body: '*' },
  ListInventoryByProduct: get('/v1/inventory/product/{productId}', 'records'),
  ListInventoryBySku: get('/v1/inventory/sku/{skuId}', 'records'),
  ListLowStock: get('/v1/inventory/low-stock', 'records'),
  UpdateInventory: patch('/v1/inventory/{id}', 'record', 'details'),
  Adjust: patch('/v1/inventory/{id}/adjust', 'stock'),
  SetOnHand: { ...patch('/v1/inventory/{id}/on-hand', 'stock'), method: 'PUT' },
  BatchAdjust: post('/v1/inventory/batch-adjust', 'stock'),
  BatchExecute: { method: 'POST', path: '/v1/inventory/batch', body: '*' },
  ListLogs: get('/v1/inventory/logs'),
  GetSettings: get('/v1/settings', 'settings'),
  UpdateSettings: patch('/v1/settings', 'settings'),
};

export interface HttpCall {
  readonly method: string;
  readonly pathAndQuery: string;
  readonly body?: string;
}

/** Where REST puts the fields of a request. */
export function bindRequest(rpc: Rpc, request: JsonRequest): HttpCall {
  const { method, path, body } = bindings[rpc];
  const rest: Record<string, unknown> = { ...request };
  let pathAndQuery = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  if (body === '*') return { method, pathAndQuery, body: JSON.stringify(rest) };
  const content = body === undefined ? undefined : ((rest[body] ?? {}) as object);
  if (body !== undefined) delete rest[body];
  // Never in the query: the body takes it among its own fields.
  const key = body !== undefined && 'idempotencyKey' in rest ? { idempotencyKey: rest.idempotencyKey } : {};
  delete rest.idempotencyKey;
  const query = Object.entries(rest).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  if (query.length > 0) pathAndQuery += `?${query.join('&')}`;
  return {
    method,
    pathAndQuery,
    ...(content === undefined ? {} : { body: JSON.stringify({ ...content, ...key }) }),
  };
}
