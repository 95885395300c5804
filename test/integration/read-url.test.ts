import { expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { until } from '../support/process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { openWatch } from '../support/watches.js';

/** Reads over DATABASE_READ_URL: which calls use it, and which go on when its server is gone. */
const test = base
  .extend('proxied', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const proxied = await TcpProxy.start(database.url);
    onCleanup(() => proxied.proxy.close());
    return proxied;
  })
  .extend('environment', ({ proxied }) => ({ DATABASE_READ_URL: proxied.url }))
  .extend('records', [{ id: 'inv_1', onHandQty: 8, reservedQty: 0 }]);

test('a standby that is gone: changes and watches go on, reads wait for it, and readiness says so', async ({
  proxied,
  service,
  doors,
  merchant,
}) => {
  const call = (rpc: 'Reserve' | 'GetInventory', request: Record<string, unknown>) =>
    doors.REST.call(rpc, request, { credentials: merchant });
  const readyz = async () => (await (await fetch(`${service.httpUrl}/readyz`)).json()) as object;
  expect(await call('GetInventory', { id: 'inv_1' })).toMatchObject({ ok: true, data: { reservedQty: 0 } });
  const watch = openWatch('REST lines', service, { ids: ['inv_1'] }, { credentials: merchant });
  expect(await watch.next()).toMatchObject({ reservedQty: 0 });

  proxied.proxy.goDown();
  expect(await call('Reserve', { id: 'inv_1', qty: 2 })).toMatchObject({ ok: true });
  expect(await watch.next()).toMatchObject({ reservedQty: 2 });
  expect(await call('GetInventory', { id: 'inv_1' })).toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
  const degraded = JSON.stringify({ status: 'DEGRADED', reads: 'DATABASE_READ_URL is unreachable' });
  await until('readiness to tell', async () => JSON.stringify(await readyz()) === degraded);

  proxied.proxy.comeBack();
  await until('reads', async () => (await call('GetInventory', { id: 'inv_1' })).ok);
  watch.leave();
});
