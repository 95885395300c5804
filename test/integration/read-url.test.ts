import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAppOn, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { openDoor } from '../support/doors.js';
import { until } from '../support/process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { openWatch } from '../support/watches.js';

/** Reads over DATABASE_READ_URL: which calls use it, and which go on when its server is gone. */
let database: TestDatabase;
let proxy: TcpProxy;
let service: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  const started = await TcpProxy.start(database.url);
  proxy = started.proxy;
  service = await startAppOn(database, { DATABASE_READ_URL: started.url });
});
afterAll(async () => {
  await service?.close();
  await proxy?.close();
  await database?.drop();
});

test('a standby that is gone: changes and watches go on, reads wait for it, and readiness says so', async () => {
  const merchant = await service.createMerchant();
  await service.seed(merchant.merchantId, { id: 'inv_1', onHandQty: 8, reservedQty: 0 });
  const door = openDoor('REST', service);
  const call = (rpc: 'Reserve' | 'GetInventory', request: Record<string, unknown>) =>
    door.call(rpc, request, { credentials: merchant });
  const readyz = async () => (await (await fetch(`${service.httpUrl}/readyz`)).json()) as object;
  expect(await call('GetInventory', { id: 'inv_1' })).toMatchObject({ ok: true, data: { reservedQty: 0 } });
  const watch = openWatch('REST lines', service, { ids: ['inv_1'] }, { credentials: merchant });
  expect(await watch.next()).toMatchObject({ reservedQty: 0 });

  proxy.goDown();
  expect(await call('Reserve', { id: 'inv_1', qty: 2 })).toMatchObject({ ok: true });
  expect(await watch.next()).toMatchObject({ reservedQty: 2 });
  expect(await call('GetInventory', { id: 'inv_1' })).toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
  const degraded = JSON.stringify({ status: 'DEGRADED', reads: 'DATABASE_READ_URL is unreachable' });
  await until('readiness to tell', async () => JSON.stringify(await readyz()) === degraded);

  proxy.comeBack();
  await until('reads', async () => (await call('GetInventory', { id: 'inv_1' })).ok);
  watch.leave();
  door.close();
});
