import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect } from 'vitest';
import { Session } from '../support/engine-stage.js';
import { test } from '../support/fixtures.js';
import { ExecuteStream, errorOf } from '../support/streams/execute.js';

/** The order of a stream's and a batch's commands, where it is at risk: a command lacks one of its records for a moment. */

describe('while somebody else has one of several records for a moment, later commands on the others wait', () => {
  const order = {
    reference: 'ORD',
    lines: [
      { id: 'inv_x', qty: 1 },
      { id: 'inv_y', qty: 5 },
    ],
  };
  const cases: [string, JsonObject[]][] = [
    [
      'an order, and a part of it confirmed',
      [{ reserveOrder: order }, { confirm: { id: 'inv_y', qty: 5, reference: 'ORD' } }],
    ],
    [
      'a part of an order extended, and the other part released',
      [
        { reserveOrder: order },
        { extendOrder: { reference: 'ORD', openEnded: true, lines: [{ id: 'inv_y' }] } },
        { release: { id: 'inv_y', qty: 5, reference: 'ORD' } },
      ],
    ],
    [
      'a hold, an order with it, and its hold set',
      [
        { reserve: { id: 'inv_y', qty: 1, reference: 'ORD' } },
        { reserveOrder: order },
        { setHold: { id: 'inv_y', qty: 2, reference: 'ORD' } },
        { confirm: { id: 'inv_y', qty: 2, reference: 'ORD' } },
      ],
    ],
  ];
  test.for(cases)('%s', async ([, commands], { service, database, doors }) => {
    for (const [through, id] of [
      ['stream', 'inv_x'],
      ['batch', 'inv_x'],
      ['stream', 'inv_y'],
      ['batch', 'inv_y'],
    ]) {
      const merchant = await service.createMerchant();
      const records = ['inv_x', 'inv_y'].map((one) => ({ id: one, onHandQty: 10, reservedQty: 0 }));
      await service.seed(merchant.merchantId, ...records);
      const stranger = await Session.open(database.url);
      await stranger.run('BEGIN');
      await stranger.lockRecord(merchant.merchantId, id!);
      const answered =
        through === 'stream'
          ? new ExecuteStream('gRPC', service, { credentials: merchant })

              .send(...commands.map((command, i) => ({ tag: `${i}`, ...command })))
              .all()
          : doors.REST.call('BatchExecute', { commands }, { credentials: merchant });
      await sleep(60);
      await stranger.run('COMMIT');
      await stranger.close();
      const answer = await answered;
      const failures = Array.isArray(answer)
        ? answer.map((one) => errorOf(one)?.reason)
        : (answer.data as { results: { code?: string }[] }).results.map(({ code }) => code);
      expect([through, id, failures]).toEqual([through, id, commands.map(() => undefined)]);
    }
  });
});
