import { UNREFERENCED } from '../../domain/hold.js';
import type { Transaction } from '../../store/connection/transaction.js';
import { readClock } from '../../store/tables/clock.js';
import { type HoldRow, readHolds } from '../../store/tables/holds.js';
import { type RememberedKey, readIdempotencyKeys } from '../../store/tables/idempotency-keys.js';
import { type DescriptionRow, readDescriptions } from '../../store/tables/inventory-records.js';
import { type LockedStock, lockStockLevels, type RecordKey } from '../../store/tables/stock-levels.js';
import type { Submission } from '../submission.js';
import { completeBatch, type FetchedBatch } from './fetch.js';
import { planFetch } from './fetch-plan.js';
import { plannedAsNamed } from './plan-batch.js';

/**
 * What commands on one record need, sent while the transaction still waits for that record. The server runs statements in
 * the order in which they come, so all of them are answered behind the lock, together with it: when the lock is had, the
 * batch can be decided at once. Without this, everybody who wants the record would wait for one more round trip.
 *
 * Only of commands that need that record alone and name their holds: what others need is known only behind the lock.
 */
export class EarlyReads {
  readonly #tx: Transaction;
  readonly #record: RecordKey;
  readonly #covered = new Set<Submission>();
  readonly #references = new Set<string>();
  readonly #stocks: Promise<LockedStock[]>;
  readonly #holds: Promise<HoldRow[]>[] = [];
  readonly #keys: Promise<RememberedKey[]>[] = [];
  #clock: Promise<number> | undefined;
  #descriptions: Promise<DescriptionRow[]> | undefined;

  /** The wait for the record has been sent. */
  constructor(tx: Transaction, record: RecordKey) {
    this.#tx = tx;
    this.#record = record;
    this.#stocks = quiet(lockStockLevels(tx, [record], 'skip'));
  }

  /** Sends what these commands need, as far as it has not been sent. */
  add(submissions: readonly Submission[]): void {
    const fresh = submissions.filter((one) => !this.#covered.has(one) && isSimple(one));
    if (fresh.length === 0) return;
    for (const submission of fresh) this.#covered.add(submission);
    const plan = planFetch(fresh);
    const holds = plan.holds.filter(({ reference }) => !this.#references.has(reference));
    for (const { reference } of holds) this.#references.add(reference);
    if (holds.length > 0) this.#holds.push(quiet(readHolds(this.#tx, holds)));
    if (plan.keys.length > 0) this.#keys.push(quiet(readIdempotencyKeys(this.#tx, plan.keys)));
    if (plan.clock) this.#clock ??= quiet(readClock(this.#tx));
    if (plan.descriptions.length > 0)
      this.#descriptions ??= quiet(readDescriptions(this.#tx, [this.#record]));
  }

  /** Whether all that the command needs has been sent. */
  covers(submission: Submission): boolean {
    return this.#covered.has(submission);
  }

  /** The lock is had: what the commands need, all of them covered. */
  async fetch(submissions: readonly Submission[], linesMax: number): Promise<FetchedBatch> {
    const planned = plannedAsNamed(submissions, planFetch(submissions));
    const rows = {
      stocks: await this.#stocks,
      named: (await Promise.all(this.#holds)).flat(),
      keyRows: (await Promise.all(this.#keys)).flat(),
      clockUs: await this.#clock,
      descriptions: (await this.#descriptions) ?? [],
      orderRows: [],
      partOrders: [],
      left: [],
      identities: [],
      settings: [],
      lines: [],
    };
    return { ...(await completeBatch(this.#tx, planned, rows, linesMax)), blocked: planned.refused };
  }
}

/** Whether it needs the record that it waits for and no other, and names its holds. */
function isSimple({ command }: Submission): boolean {
  switch (command.kind) {
    case 'release':
    case 'confirm':
      return command.reference !== UNREFERENCED;
    case 'reserve':
    case 'set_hold':
    case 'adjust':
      return true;
    default:
      return false;
  }
}

/** If the wait for the record fails, so do all statements behind it, and nobody may be left to hear it. */
function quiet<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {});
  return answer;
}
