import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AnswerCutter } from '../../../test/support/cut-answers.js';
import { AdjustRequest_Action as Action, type Holdfast, HoldfastError } from '../src/index.js';
import { type CutStage, failureOf, startCutStage } from './stage.js';

let stage: CutStage;
let cutter: AnswerCutter;
/** Its connections can be cut. */
let holdfast: Holdfast;
let id: string;
let records = 0;

beforeAll(async () => {
  stage = await startCutStage();
  ({ cutter, holdfast } = stage);
});
beforeEach(async () => {
  id = `inv_${++records}`;
  await stage.service.seed(stage.merchant.merchantId, { id, onHandQty: 1000, reservedQty: 0 });
});
afterAll(() => stage?.close());

const record = async () => (await holdfast.getInventory({ id })).record!;

/** Reserves 1 of the record. `keys`: of the envelope and of the command. */
const reserve = (keys: { envelope?: string; command?: string } = {}) => ({
  ...(keys.envelope === undefined ? {} : { idempotencyKey: keys.envelope }),
  command: {
    case: 'reserve' as const,
    value: { id, qty: 1, ...(keys.command === undefined ? {} : { idempotencyKey: keys.command }) },
  },
});

test('a batch of adjustments is one change, with one key', async () => {
  const lines = [1, 2].map((qty) => ({ id, qty, action: Action.RECEIVED }));
  cutter.cut(1);
  const { stock } = await holdfast.batchAdjust({ lines });
  expect(stock.map(({ onHandQty }) => onHandQty)).toEqual([1001, 1003]);
  expect(cutter.left).toBe(0);
  await holdfast.batchAdjust({ lines }, { idempotencyKey: `${id}-a` });
  await holdfast.batchAdjust({ lines, idempotencyKey: `${id}-a` });
  expect(await record()).toMatchObject({ onHandQty: 1006 });
});

test('a batch of commands under the caller’s own key takes effect once', async () => {
  const commands = Array.from({ length: 12 }, () => reserve());
  await holdfast.batchExecute({ commands }, { idempotencyKey: `${id}-a` });
  const { results } = await holdfast.batchExecute({ commands }, { idempotencyKey: `${id}-a` });
  expect(results.map(({ replayed }) => replayed)).toEqual(commands.map(() => true));
  await holdfast.batchExecute({ commands }, { idempotencyKey: `${id}-b` });
  await holdfast.batchExecute({ commands });
  expect(await record()).toMatchObject({ reservedQty: 36 });
});

test('a batch that failed says the key to send it again with', async () => {
  const request = { commands: [reserve(), reserve()] };
  const error = await failureOf(holdfast.batchExecute(request, { timeoutMs: 0 }));
  expect(error.idempotencyKey).toMatch(/^[\w-]{36}$/);
  const options = { idempotencyKey: error.idempotencyKey! };
  await holdfast.batchExecute(request, options);
  await holdfast.batchExecute(request, options);
  expect(await record()).toMatchObject({ reservedQty: 2 });
});

test('a key in a command, or on its envelope, is the command’s key', async () => {
  const commands = [reserve({ command: `${id}-a` }), reserve({ envelope: `${id}-b` }), reserve()];
  const outcomes = await holdfast.batchExecute({ commands });
  expect(outcomes.results.map(({ outcome }) => outcome.case)).toEqual(['reserve', 'reserve', 'reserve']);
  await holdfast.reserve({ id, qty: 1, idempotencyKey: `${id}-a` });
  await holdfast.reserve({ id, qty: 1 }, { idempotencyKey: `${id}-b` });
  const again = await holdfast.batchExecute({ commands }, { idempotencyKey: `${id}-c` });
  expect(again.results.map(({ replayed }) => replayed)).toEqual([true, true, false]);
  expect(await record()).toMatchObject({ reservedQty: 4 });
});

test('a batch’s key has room for what is added to it', async () => {
  const commands = Array.from({ length: 11 }, () => reserve());
  const longest = `${id}-`.padEnd(252, 'x');
  await holdfast.batchExecute({ commands }, { idempotencyKey: longest });
  for (const [idempotencyKey, said] of [
    [`${longest}x`, 'idempotencyKey must have 1 to 252 characters: ".10" is added to it for commands[10]'],
    ['', 'idempotencyKey must have 1 to 253 characters: ".0" is added to it for commands[0]'],
  ] as const) {
    const error = await failureOf(holdfast.batchExecute({ commands }, { idempotencyKey }));
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toMatchObject({ message: said, retryable: false, idempotencyKey });
  }
  expect(await record()).toMatchObject({ reservedQty: 11 });
});

test('an update takes its key from its details, as on REST', async () => {
  const details = { location: 'A-1', idempotencyKey: `${id}-a` };
  const updated = await holdfast.updateInventory({ id, details });
  expect(updated.record).toMatchObject({ location: 'A-1' });
  // The same key with another change is a mistake of the caller, so the key was sent.
  const error = await failureOf(holdfast.updateInventory({ id, details: { ...details, location: 'A-2' } }));
  expect(error).toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED', idempotencyKey: `${id}-a` });
});
