import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { audit } from '../../src/service/audit.js';
import type { Credentials, TestApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { executeDoors } from '../support/streams/execute.js';
import { Callers } from './commands/callers.js';
import { commands } from './commands/draw-command.js';

/**
 * Any commands, good, bad and unreadable, with and without keys: on a stream and in a batch, each gets the answer that
 * its RPC gives when they are called one after another, byte for byte. `FUZZ_SEED` repeats a run, `FUZZ_RUNS`
 * multiplies its length.
 */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const runs = Number(process.env.FUZZ_RUNS ?? 1);

const test = base
  .extend('environment', { STREAM_COMMANDS_MAX: '16' })
  .extend('callers', { scope: 'file' }, ({ service }, { onCleanup }) => {
    const callers = new Callers(service);
    onCleanup(() => callers.close());
    return callers;
  });

const details = (productId: string, warehouseId: string) => ({ productId, warehouseId });

async function stocked(service: TestApp, count: number): Promise<Credentials[]> {
  const merchants = await service.createMerchants(count);
  for (const { merchantId } of merchants) {
    await service.seed(
      merchantId,
      { id: 'inv_1', onHandQty: 40, reservedQty: 3, details: details('p1', 'w1') },
      { id: 'inv_2', onHandQty: 12, reservedQty: 0, details: details('p1', 'w2') },
      { id: 'inv_full', onHandQty: 2147483647, reservedQty: 2147483644, details: details('p2', 'w1') },
    );
  }
  return merchants;
}

test(
  'a stream and a batch of any commands come to what calls one by one come to',
  async ({ service, callers }) => {
    const property = fc.asyncProperty(commands, async (drawn) => {
      const [first, second, third, fourth, ...streaming] = await stocked(service, 4 + executeDoors.length);
      const [binary, json] = await Promise.all([
        callers.callsInBinary(drawn, first!),
        callers.callsInJson(drawn, second!),
      ]);
      for (const [i, door] of executeDoors.entries()) {
        const told = await callers.stream(door, drawn, streaming[i]!);
        expect(told, door).toEqual(door === 'Connect JSON' ? json : binary);
      }
      expect(await callers.batchInBinary(drawn, third!), 'a batch in binary').toEqual(binary);
      expect(await callers.batchInJson(drawn, fourth!), 'a batch in JSON').toEqual(json);
    });
    await fc.assert(property, { seed, numRuns: 8 * runs, interruptAfterTimeLimit: 60_000 * runs });
  },
  120_000 * runs,
);

test('counters, holds and log agree in the end', async ({ service }) => {
  expect(await audit(service.app.dataSource, { repair: false })).toMatchObject({
    consistent: true,
    drift: [],
  });
});
