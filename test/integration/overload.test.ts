import { connect } from 'node:http2';
import { expect } from 'vitest';
import type { Credentials } from '../support/app.js';
import { type Doors, doorNames } from '../support/doors.js';
import { test as base } from '../support/engine-fixtures.js';
import { figure } from '../support/metrics.js';

/** What a service does when it cannot keep up: a stranger keeps it from writing. */

// It executes one command at a time, so all others would wait for longer than they may.
const test = base.extend('environment', {
  ENGINE_LANES: '1',
  BATCH_COMMANDS_MAX: '1',
  QUEUE_WAIT_MAX_MS: '1',
  ATTEMPTS_MAX: '100',
  REQUEST_TIMEOUT_MS: '600000',
});

/** The headers of a call whose message never comes. */
function callWithoutMessage(grpcAddress: string, credentials: Credentials): Promise<Record<string, unknown>> {
  const session = connect(`http://${grpcAddress}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/inventory.v1.InventoryService/Reserve',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    authorization: `Bearer ${credentials.token}`,
    'x-merchantapikey': credentials.apiKey,
    'x-request-id': 'req-1',
  });
  stream.write(Buffer.from([0]));
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('response', (headers) => {
      session.destroy();
      resolve(headers);
    });
  });
}

test('calls that would wait too long are refused at once, at every door; reads and other merchants are not', async ({
  service,
  doors,
  session: stranger,
}) => {
  const [crowd, other] = [await service.createMerchant(), await service.createMerchant()];
  for (const { merchantId } of [crowd, other]) {
    await service.seed(merchantId, { id: 'inv_1', onHandQty: 10_000, reservedQty: 0 });
  }
  const refused = () => figure(service.httpUrl, 'holdfast_calls_total{rpc="Reserve",reason="OVERLOADED"}');
  const reserve = (door: keyof Doors, credentials: Credentials) =>
    doors[door].call('Reserve', { id: 'inv_1', qty: 1 }, { credentials });
  for (const credentials of [crowd, other]) {
    expect(await reserve('gRPC', credentials)).toMatchObject({ ok: true });
  }
  await stranger.run('BEGIN; LOCK TABLE movement_log IN EXCLUSIVE MODE');

  const waiting: ReturnType<typeof reserve>[] = [];
  await expect
    .poll(() => {
      waiting.push(...Array.from({ length: 5 }, () => reserve('gRPC', crowd)));
      return refused();
    })
    .toBeGreaterThan(0);

  const before = await refused();
  for (const door of doorNames) {
    expect(await reserve(door, crowd), door).toMatchObject({
      reason: 'OVERLOADED',
      message: 'The service is overloaded. Retry later.',
      retryAfterSeconds: 1,
    });
    expect(
      await doors[door].call('GetInventory', { id: 'inv_1' }, { credentials: crowd }),
      door,
    ).toMatchObject({
      ok: true,
    });
  }
  expect((await refused()) - before).toBe(doorNames.length);
  expect(await callWithoutMessage(service.grpcAddress, crowd)).toMatchObject({
    ':status': 200,
    'grpc-status': '14',
    'x-request-id': 'req-1',
  });

  const others = reserve('gRPC', other);
  await stranger.run('ROLLBACK');
  expect(await others).toMatchObject({ ok: true });
  const answers = await Promise.all(waiting);
  expect(new Set(answers.map((answer) => (answer.ok ? 'ok' : answer.reason)))).toEqual(
    new Set(['ok', 'OVERLOADED']),
  );
  await expect.poll(() => reserve('REST', crowd)).toMatchObject({ ok: true });
});
