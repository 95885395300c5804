import type { ImportLine } from '../../src/domain/import-line.js';
import type { RecordDescription, RecordIdentity } from '../../src/domain/inventory-record.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { Execution, Submission } from '../../src/engine/submission.js';
import { runCommand } from './model-commands.js';
import { ModelOrders } from './model-orders.js';
import { ModelRecord, withoutOrderOfExpiry } from './model-record.js';

/**
 * The contract for all commands and for retries: no database, no batches, no counters. It is written from the
 * contract's text alone, so that it can disagree with the code.
 */
export class StockModel {
  /** Seconds since the model was made. */
  now = 0;
  readonly orders = new ModelOrders();
  readonly #records = new Map<string, ModelRecord>();
  readonly #lines = new Map<string, ImportLine[]>();
  readonly #defaultTtls = new Map<string, number>();
  readonly #keys = new Map<string, { fingerprint: string; outcome: Outcome }>();

  /** Seeds a record: its units are received, and some are then reserved without a reference. */
  seed(
    merchantId: string,
    id: string,
    of: { identity: RecordIdentity; description: RecordDescription; onHand: number; reserved: number },
  ): void {
    const record = new ModelRecord(id, of.identity, of.description, of.onHand, 'system');
    const by = { reference: '', notes: 'initial stock', actor: 'system' };
    record.note('RECEIVED', of.onHand, 0, by);
    if (of.reserved > 0) record.reserve(of.reserved, null, by);
    this.add(merchantId, record);
  }

  add(merchantId: string, record: ModelRecord): void {
    this.#records.set(`${merchantId}/${record.id}`, record);
  }

  record(merchantId: string, id: string): ModelRecord | undefined {
    return this.#records.get(`${merchantId}/${id}`);
  }

  recordsOf(merchantId: string): ModelRecord[] {
    return [...this.#records]
      .filter(([name]) => name.startsWith(`${merchantId}/`))
      .map(([, record]) => record)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The lines that are done, of the merchant's only import. */
  linesOf(merchantId: string): ImportLine[] {
    const lines = this.#lines.get(merchantId) ?? [];
    this.#lines.set(merchantId, lines);
    return lines;
  }

  defaultTtl(merchantId: string): number {
    return this.#defaultTtls.get(merchantId) ?? 0;
  }

  setDefaultTtl(merchantId: string, seconds: number): void {
    this.#defaultTtls.set(merchantId, seconds);
  }

  execute({ command, idempotency }: Submission): Execution {
    if (idempotency === undefined) return { kind: 'decided', outcome: runCommand(this, command) };
    const name = `${command.merchantId}/${idempotency.key}`;
    const seen = this.#keys.get(name);
    if (seen === undefined) {
      const outcome = runCommand(this, command);
      this.#keys.set(name, { fingerprint: idempotency.fingerprint, outcome });
      return { kind: 'decided', outcome };
    }
    return seen.fingerprint === idempotency.fingerprint
      ? { kind: 'replayed', outcome: seen.outcome }
      : { kind: 'key_reused' };
  }

  pass(seconds: number): void {
    this.now += seconds;
    for (const [name, record] of this.#records) {
      const merchantId = name.slice(0, name.indexOf('/'));
      for (const reference of record.expire(this.now)) {
        this.orders.note(merchantId, reference, 'expired');
      }
    }
  }

  /** A merchant's records as the tables should have them. */
  state(merchantId: string): RecordState[] {
    return this.recordsOf(merchantId).map((record) => ({
      id: record.id,
      ...record.identity,
      ...record.description,
      onHand: record.onHand,
      reserved: record.reserved,
      holds: record.holds.map(
        ({ reference, qty, expiresAt }) =>
          `${reference}=${qty} ${expiresAt === null ? 'open' : expiresAt - this.now}`,
      ),
      log: withoutOrderOfExpiry(record.log),
    }));
  }
}

export interface RecordState extends RecordIdentity, RecordDescription {
  readonly id: string;
  readonly onHand: number;
  readonly reserved: number;
  /** `reference=qty seconds left`, oldest first. */
  readonly holds: readonly string[];
  readonly log: readonly string[];
}
