import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { type Answer, doorNames } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { frame } from '../support/http2-frames.js';
import { FrameType, grpcHeaders, headersFrames, RawHttp2 } from '../support/http2-raw.js';

/** Bodies of a thousand lines, and the room that all bodies share. */

const ROOM_BYTES = 131_072;
const patience = { timeout: 20_000 };

const test = base
  .extend('environment', {
    BODY_BYTES_MAX: '4096',
    BATCH_BODY_BYTES_MAX: '65536',
    BODIES_BYTES_MAX: `${ROOM_BYTES}`,
  })
  .extend('records', [{ id: 'inv_1', onHandQty: 1000, reservedQty: 0 }]);

const ids = (count: number) => ({ ids: Array.from({ length: count }, (_, i) => `inv_${i}`.padEnd(64, 'x')) });
const longCall = ids(600);
const shortCall = ids(10);

/** Begins requests over REST that never end, and resolves when the service has received what was sent of them. */
async function begin(httpUrl: string, count: number, head: string, bytes: number): Promise<Socket[]> {
  const { hostname, port } = new URL(httpUrl);
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname));
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('error', () => {});
      await once(socket, 'connect');
      const body = `{"ids":["${'x'.repeat(bytes)}`;
      await new Promise((sent) => socket.write(`${head}\r\n\r\n${body}`, sent));
    }),
  );
  return sockets;
}

const post = (...headers: string[]): string =>
  ['POST /v1/inventory/batch-get HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers].join(
    '\r\n',
  );

describe.each(doorNames)('through %s', (door) => {
  test('a long body needs credentials before it is read', async ({ doors, merchant }) => {
    const answers: Answer[] = [];
    for (const credentials of [undefined, merchant]) {
      answers.push(await doors[door].call('BatchGetInventory', longCall, credentials && { credentials }));
    }
    expect(answers.map(({ ok, reason }) => reason ?? ok)).toEqual(['UNAUTHENTICATED', true]);
  });

  test('a long body for which there is no room is refused, and a short one is not', async ({
    doors,
    service,
    merchant,
  }) => {
    const head = post(
      'Content-Length: 65500',
      `Authorization: Bearer ${merchant.token}`,
      `X-MerchantApiKey: ${merchant.apiKey}`,
    );
    const call = (request: { ids: string[] }) =>
      doors[door].call('BatchGetInventory', request, { credentials: merchant });
    let upload: Socket | undefined;
    // Whichever of the two comes later finds no room, so the upload begins first.
    const refused = async (): Promise<Answer | undefined> => {
      if (upload?.destroyed === false) return call(longCall);
      [upload] = await begin(service.httpUrl, 1, head, 65_000);
      upload!.once('data', () => upload!.destroy());
      return undefined;
    };
    await expect.poll(refused, patience).toMatchObject({ reason: 'OVERLOADED', retryAfterSeconds: 1 });
    expect(await call(shortCall)).toMatchObject({ ok: true });
    upload?.destroy();
    await expect.poll(() => call(longCall), patience).toMatchObject({ ok: true });
  });
});

test('a stranger who sends a long body is answered, and none of the rest is read', async ({ service }) => {
  const [socket] = await begin(service.httpUrl, 1, post('Content-Length: 65000'), 0);
  const [answer] = await once(socket!.setEncoding('utf8'), 'data');
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  socket!.destroy();

  const raw = await RawHttp2.connect(service.grpcAddress);
  const path = '/inventory.v1.InventoryService/BatchExecute';
  raw.send(headersFrames(1, grpcHeaders(path, { token: 'x', apiKey: 'x' })));
  raw.send(frame(FrameType.DATA, 0, 1, Buffer.from([0, 0, 0, 0xff, 0xff])));
  const refusal = await raw.frame(({ type, flags }) => type === FrameType.HEADERS && (flags & 1) === 1);
  expect(refusal).toBeDefined();
  raw.socket.destroy();
});

test('strangers who do not end their short bodies take nobody else’s room', async ({
  service,
  doors,
  merchant,
}) => {
  const bytes = 3800;
  const count = Math.ceil((ROOM_BYTES / bytes) * 1.5);
  const sockets = await begin(service.httpUrl, count, post('Content-Length: 4000'), bytes);
  const answer = await doors.gRPC.call('BatchGetInventory', longCall, { credentials: merchant });
  expect(answer).toMatchObject({ ok: true });
  for (const socket of sockets) socket.destroy();
});
