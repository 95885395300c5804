import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { expect } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { Execution, Submission } from '../../src/engine/submission.js';
import { pruneLog } from '../../src/service/retention/prune.js';
import { findDrift } from '../../src/store/audit.js';
import { isOfMerchants } from '../../src/store/connection/data-source.js';
import { findOrder } from '../../src/store/reads/order.js';
import type { Reader } from '../../src/store/reads/read-pool.js';
import { seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { applyAll } from '../support/apply.js';
import { test } from '../support/fixtures.js';
import { passSeconds } from '../support/pass-time.js';
import { sweepExpiredHolds } from '../support/sweeps.js';
import { QTY_MAX } from './model-record.js';
import { type Call, REFERENCES, type Step, steps } from './steps.js';
import { StockModel } from './stock-model.js';
import { asOfNow, flaw, readAll, readRecords } from './tables.js';

const merchants = ['a', 'b'] as const;

const run = fc.record({
  onHand: fc.integer({ min: 0, max: 60 }),
  reserved: fc.constantFrom(0, 0, 0, 1, 7),
  steps,
  // Small batches do not read holds that a larger batch would have read.
  batchSizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 60,
  }),
  // With little room, a batch leaves commands to the next one.
  linesMax: fc.constantFrom(1, 3, 10, 500),
  // Whether the log is pruned after each batch.
  prunes: fc.constantFrom(false, false, true),
  // Whether each batch has commands of one merchant only, as on several nodes. Its statements are other ones then.
  oneMerchant: fc.boolean(),
});

const plain = {
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
};

/** A separate set of merchants, with the records of the run, and a model of them. */
class World {
  readonly model = new StockModel();
  readonly #startedMs = Date.now();
  #created = 0;

  readonly #dataSource: DataSource;
  readonly #name: string;
  readonly #prunes: boolean;

  constructor(dataSource: DataSource, name: string, { prunes }: { readonly prunes: boolean }) {
    this.#dataSource = dataSource;
    this.#name = name;
    this.#prunes = prunes;
  }

  merchantId(merchant: string): string {
    return `${this.#name}_${merchant}`;
  }

  async fill(onHand: number, reserved: number): Promise<this> {
    for (const merchant of merchants) {
      const merchantId = this.merchantId(merchant);
      const records = [
        { id: 'inv_1', onHandQty: onHand, reservedQty: Math.min(onHand, reserved) },
        { id: 'inv_2', onHandQty: 12, reservedQty: 0 },
        { id: 'inv_full', onHandQty: QTY_MAX, reservedQty: QTY_MAX - 3 },
      ];
      await insertMerchant(this.#dataSource, merchantId, merchant);
      await seedRecords(this.#dataSource, merchantId, records);
      for (const { id, onHandQty, reservedQty } of records) {
        const { skuId, warehouseId, ...description } = plain;
        const identity = { productId: id, skuId, warehouseId };
        this.model.seed(merchantId, id, { identity, description, onHand: onHandQty, reserved: reservedQty });
      }
    }
    return this;
  }

  /**
   * Executes the calls, as many in one transaction as have room; the outcomes and the tables must be what the model
   * says.
   */
  async execute(calls: readonly Call[], linesMax: number): Promise<void> {
    const submissions = calls.map((call) => this.#submission(call));
    const expected = submissions.map((s) => this.model.execute(s));
    const executions: Execution[] = [];
    while (executions.length < submissions.length) {
      const left = submissions.slice(executions.length);
      const batch = isOfMerchants(this.#dataSource) ? firstOfOneMerchant(left) : left;
      executions.push(...(await applyAll(this.#dataSource, batch, linesMax)));
    }
    const told = (of: readonly Execution[], startedMs: number): unknown[] =>
      of.map((execution) =>
        execution.kind === 'key_reused'
          ? execution
          : {
              kind: execution.kind,
              outcome: this.#comparable(execution.outcome, startedMs),
            },
      );
    expect(told(executions, this.#startedMs)).toEqual(told(expected, 0));
    await this.expectModel();
    if (this.#prunes) await this.#prune();
  }

  async passSeconds(seconds: number): Promise<void> {
    this.model.pass(seconds);
    for (const merchant of merchants) await passSeconds(this.#dataSource, this.merchantId(merchant), seconds);
  }

  async expectModel(): Promise<void> {
    const ids = merchants.map((merchant) => this.merchantId(merchant));
    const records = await readRecords(this.#dataSource, ids);
    const expected = ids.flatMap((merchantId) => this.model.state(merchantId));
    if (this.#prunes) {
      expect(records.map(asOfNow).map(withoutLog)).toEqual(expected.map(withoutLog));
    } else {
      expect(records.map(flaw).filter((found) => found !== '')).toEqual([]);
      expect(records.map(asOfNow)).toEqual(expected);
    }
  }

  /** The state of each order, as callers see it. */
  async orders(): Promise<unknown> {
    const reader: Reader = { rows: ({ text }, values) => this.#dataSource.query(text, [...values]) };
    const wanted = merchants.flatMap((merchant) => REFERENCES.map((reference) => ({ merchant, reference })));
    return Promise.all(
      wanted.map(async ({ merchant, reference }) => {
        const { lines, left } = await findOrder(reader, this.merchantId(merchant), reference, 100);
        return { left, lines: lines.map(({ expiresAtMs, ...line }) => line) };
      }),
    );
  }

  async #prune(): Promise<void> {
    const beforeUs = (Date.now() + 3_600_000) * 1000;
    const signal = new AbortController().signal;
    const limits = { beforeUs, stepEntriesMax: 7, pauses: false, signal, onProgress: () => {} };
    for (const merchant of merchants) await pruneLog(this.#dataSource, this.merchantId(merchant), limits);
  }

  /** Everything that is stored, except what always differs between two runs. */
  async everything(): Promise<unknown> {
    const all: unknown[] = [];
    for (const merchant of merchants) {
      const merchantId = this.merchantId(merchant);
      // 0 <= reserved <= on hand; holds and log add up to the counters.
      expect(await findDrift(this.#dataSource, merchantId)).toEqual([]);
      all.push(
        await readAll(this.#dataSource, merchantId, (outcome) =>
          this.#comparable(outcome as Outcome, this.#startedMs),
        ),
      );
    }
    return all;
  }

  #submission({ merchant, actor, key, request }: Call): Submission {
    const signed = { ...request, merchantId: this.merchantId(merchant), actor };
    // The service makes up the ids of new records.
    const command = {
      ...signed,
      ...(request.kind === 'create_record' ? { id: request.id ?? `new_${this.#created++}` } : {}),
      ...(request.kind === 'receive_record' || request.kind === 'count_record'
        ? { newId: request.id ?? `new_${this.#created++}` }
        : {}),
    } as Command;
    return key === null
      ? { command }
      : { command, idempotency: { key, fingerprint: JSON.stringify(request) } };
  }

  /** The outcome, with its times in hundreds of seconds since the run began. */
  #comparable(outcome: Outcome, startedMs: number): unknown {
    const text = JSON.stringify(outcome, (name, value) =>
      name.endsWith('AtMs') && value !== null ? Math.round((value - startedMs) / 100_000) : value,
    );
    return JSON.parse(text);
  }
}

/** The first ones, up to one of another merchant. */
function firstOfOneMerchant(submissions: readonly Submission[]): readonly Submission[] {
  const { merchantId } = submissions[0]!.command;
  const end = submissions.findIndex(({ command }) => command.merchantId !== merchantId);
  return end === -1 ? submissions : submissions.slice(0, end);
}

function withoutLog<State extends { log: unknown }>({ log, ...state }: State): Omit<State, 'log'> {
  return state;
}

/** Cuts the calls into batches. A batch never reaches across a passing of time, which is yielded as seconds. */
function* batchesOf(steps: readonly Step[], sizes: readonly number[]): Generator<readonly Call[] | number> {
  let batch: Call[] = [];
  let n = 0;
  for (const step of steps) {
    const isCall = 'request' in step;
    if (isCall) batch.push(step);
    if (batch.length > 0 && (!isCall || batch.length >= sizes[n % sizes.length]!)) {
      yield batch;
      batch = [];
      n++;
    }
    if (!isCall) yield step.passSeconds;
  }
  if (batch.length > 0) yield batch;
}

async function play(
  world: World,
  steps: readonly Step[],
  sizes: readonly number[],
  linesMax: number,
): Promise<void> {
  for (const batch of batchesOf(steps, sizes)) {
    if (typeof batch === 'number') await world.passSeconds(batch);
    else await world.execute(batch, linesMax);
  }
}

test('any commands in batches of any size, the log pruned or not, equal the same commands one by one', async ({
  dataSource,
  ofMerchants,
}) => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(run, async ({ onHand, reserved, steps, batchSizes, linesMax, prunes, oneMerchant }) => {
      worlds++;
      const single = await new World(dataSource, `one${worlds}`, { prunes: false }).fill(onHand, reserved);
      const source = oneMerchant ? ofMerchants : dataSource;
      const batched = await new World(source, `many${worlds}`, { prunes }).fill(onHand, reserved);
      await play(single, steps, [1], 1);
      await play(batched, steps, batchSizes, linesMax);
      await sweepExpiredHolds(source, () => false);
      await single.expectModel();
      await batched.expectModel();
      expect(await batched.orders()).toEqual(await single.orders());
      const [one, many] = [await single.everything(), await batched.everything()];
      if (!prunes) expect(many).toEqual(one);
    }),
    // Each step of shrinking is a run on the database. A long counterexample that comes soon is better.
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);
