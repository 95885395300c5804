import { UNREFERENCED } from '../../domain/hold.js';
import type { Transaction } from '../../store/connection/transaction.js';
import { readClock } from '../../store/tables/clock.js';
import { type HoldRow, readHolds } from '../../store/tables/holds.js';
import { type RememberedKey, readIdempotencyKeys } from '../../store/tables/idempotency-keys.js';
import { type DescriptionRow, readDescriptions } from '../../store/tables/inventory-records.js';
import type { LockedStock, RecordKey } from '../../store/tables/stock-levels.js';
import type { Submission } from '../submission.js';
import { completeBatch, type FetchedBatch } from './fetch.js';
import { planFetch } from './fetch-plan.js';
import { plannedAsNamed } from './plan-batch.js';

/**
 * Reads what commands on one record need, and sends these reads while the transaction still waits for the record. The
 * server runs statements in order, so it answers them behind the lock, and together with it: the batch can be decided
 * as soon as it has the lock. Otherwise, everybody who wants the record would wait for one more round trip.
 *
 * It only covers commands that need just this record and name their holds. What others need is known only behind the
 * lock.
 */
export class EarlyReads {
  readonly #tx: Transaction;
  readonly #record: RecordKey;
  readonly #covered = new Set<Submission>();
  readonly #references = new Set<string>();
  readonly #stock: Promise<LockedStock | undefined>;
  readonly #holds: Promise<HoldRow[]>[] = [];
  readonly #keys: Promise<RememberedKey[]>[] = [];
  #clock: Promise<number> | undefined;
  #descriptions: Promise<DescriptionRow[]> | undefined;

  /** `stock`: the answer to the wait for the record, which has been sent. */
  constructor(tx: Transaction, record: RecordKey, stock: Promise<LockedStock | undefined>) {
    this.#tx = tx;
    this.#record = record;
    this.#stock = stock;
  }

  /** Sends the reads for these commands that have not been sent yet. */
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

  /** Whether all reads for the command have been sent. */
  covers(submission: Submission): boolean {
    return this.#covered.has(submission);
  }

  /** Returns what the commands need, once the lock is taken. All of them must be covered. */
  async fetch(submissions: readonly Submission[], linesMax: number): Promise<FetchedBatch> {
    const planned = plannedAsNamed(submissions, planFetch(submissions));
    const stock = await this.#stock;
    const rows = {
      stocks: stock === undefined ? [] : [stock],
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
    return { blocked: planned.refused, ...(await completeBatch(this.#tx, planned, rows, linesMax)) };
  }
}

/** Whether it needs no other record than the one that it waits for, and names its holds. */
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

/** If the wait for the record fails, so do all statements behind it. Their errors must not count as unhandled. */
function quiet<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {});
  return answer;
}
