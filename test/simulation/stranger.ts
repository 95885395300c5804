import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from '../support/engine-stage.js';
import { until } from '../support/process.js';
import type { Random } from './random.js';

/** Another program that locks some records for a while, again and again, until it is told to stop. */
export class Stranger {
  /** How often it has locked some. */
  taken = 0;
  #stopped = false;
  readonly #running: Promise<unknown>;

  constructor(url: string, merchantId: string, ids: readonly string[], random: Random) {
    this.#running = this.#run(url, merchantId, ids, random);
    // A test that fails before it waits for this shows its own error, and not this one.
    this.#running.catch(() => {});
  }

  /** Resolves when it has locked some this often. */
  async took(times: number): Promise<void> {
    await until(`a stranger to lock records ${times} times`, () => this.taken >= times);
  }

  /** Resolves when it has unlocked everything. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(url: string, merchantId: string, ids: readonly string[], random: Random): Promise<void> {
    const session = await Session.open(url);
    while (!this.#stopped) {
      const some = ids.filter(() => random.below(2) === 0);
      await session.run('BEGIN');
      await session.run(
        'SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id = ANY ($2) ORDER BY id FOR UPDATE',
        [merchantId, some],
      );
      this.taken++;
      // Shorter and longer than the service waits in line.
      await sleep(random.pick([0, 5, 5, 30, 30, 600]));
      await session.run('COMMIT');
      await sleep(200);
    }
    await session.close();
  }
}
