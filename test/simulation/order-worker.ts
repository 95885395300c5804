import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../src/domain/command.js';
import { NEVER, startEngine, told } from '../support/engine-stage.js';
import { Random } from './random.js';

/**
 * A process with an engine of its own. Its orders name the same few records as those of other processes, in any order.
 * It prints `ready`, begins when it is told to, and then prints what its callers were told.
 */
export interface OrderWork {
  readonly url: string;
  readonly merchantId: string;
  readonly name: string;
  readonly seed: number;
  readonly orders: number;
  readonly ids: readonly string[];
}

export interface OrderReport {
  /** Reference, records of the order, and the answers to its calls. */
  readonly orders: readonly { reference: string; records: number; answers: readonly string[] }[];
  /** Why it tried again. */
  readonly retries: readonly string[];
  readonly batches: number;
}

/** Callers at the same time: enough for batches of several commands, few enough for many batches. */
const CALLERS = 24;

async function work({ url, merchantId, name, seed, orders, ids }: OrderWork): Promise<OrderReport> {
  const engine = await startEngine(url, { limits: { engineLanes: 3, batchCommandsMax: 9 } });
  const random = new Random(seed);
  const report: { reference: string; records: number; answers: string[] }[] = [];
  const common = { merchantId, notes: '', actor: name };
  const submit = async (command: Command): Promise<string> =>
    told(await engine.engine.submit({ command }, NEVER));

  async function order(n: number): Promise<void> {
    const reference = `${name}-${n}`;
    const chosen = [...new Set(Array.from({ length: 4 }, () => random.pick(ids)))];
    // Half of the orders name their records in the opposite order.
    if (random.below(2) === 0) chosen.reverse();
    const lines = chosen.map((id) => ({ id, qty: 1 + random.below(3) }));
    const open = { ttlSeconds: undefined, allowPartial: false };
    const answers = [await submit({ kind: 'reserve_order', ...common, reference, lines, ...open })];
    if (answers[0]!.endsWith('reserved')) {
      const end = random.pick(['release_order', 'release_order', 'confirm_order', undefined] as const);
      if (end !== undefined) answers.push(`${end} ${await submit({ kind: end, ...common, reference })}`);
    }
    report.push({ reference, records: chosen.length, answers });
  }

  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < orders) {
      await order(next++);
      // Callers get in and out of step, as real ones do.
      if (random.below(5) === 0) await sleep(random.below(3));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await engine.close();
  return { orders: report, retries: engine.retries, batches: engine.batches.length };
}

const report = await work(JSON.parse(process.argv[2]!) as OrderWork);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.stdin.destroy();
