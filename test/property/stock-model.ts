import type { Execution, Submission } from '../../src/engine/submission.js';

interface ModelRecord {
  readonly onHandQty: number;
  /** Units by reference, in the order in which the references opened. */
  holds: { reference: string; qty: number }[];
  readonly log: { action: string; units: number; reference: string; notes: string; actor: string }[];
}

/**
 * What the contract says of reserve, release and retries, in the plainest way that we could think of: no
 * database, no batches, no counters. Written from the contract's text alone, so that it can disagree.
 */
export class StockModel {
  readonly #records = new Map<string, ModelRecord>();
  readonly #keys = new Map<string, { request: string; execution: Execution }>();

  addRecord(merchantId: string, id: string, onHandQty: number, reservedQty: number): void {
    const holds = reservedQty > 0 ? [{ reference: '', qty: reservedQty }] : [];
    this.#records.set(`${merchantId}/${id}`, { onHandQty, holds, log: [] });
  }

  execute({ command, idempotency }: Submission): Execution {
    if (idempotency === undefined) return this.#run(command);
    const name = `${command.merchantId}/${idempotency.key}`;
    const { kind, id, qty, reference, notes } = command;
    const request = [kind, id, qty, reference, notes].join('\n');
    const seen = this.#keys.get(name);
    if (seen === undefined) {
      const execution = this.#run(command);
      this.#keys.set(name, { request, execution });
      return execution;
    }
    if (seen.request !== request) return { kind: 'key_reused' };
    if (seen.execution.kind !== 'decided') throw new Error('only decided calls are remembered');
    return { kind: 'replayed', outcome: seen.execution.outcome };
  }

  #run(command: Submission['command']): Execution {
    const { merchantId, id, qty, reference, notes, actor } = command;
    const record = this.#records.get(`${merchantId}/${id}`);
    if (record === undefined) {
      return { kind: 'decided', outcome: { ok: false, rejection: { reason: 'INVENTORY_NOT_FOUND' } } };
    }
    const total = sum(record);
    if (command.kind === 'reserve') {
      const available = record.onHandQty - total;
      if (qty > available) {
        const rejection = { reason: 'INSUFFICIENT_STOCK', requested: qty, available } as const;
        return { kind: 'decided', outcome: { ok: false, rejection } };
      }
      const hold = record.holds.find((h) => h.reference === reference);
      if (hold === undefined) record.holds.push({ reference, qty });
      else hold.qty += qty;
      record.log.push({ action: 'RESERVED', units: qty, reference, notes, actor });
    } else {
      const mine = record.holds.filter((h) => reference === '' || h.reference === reference);
      const reserved = mine.reduce((units, h) => units + h.qty, 0);
      if (qty > reserved) {
        const rejection = { reason: 'INSUFFICIENT_RESERVED', requested: qty, reserved, reference } as const;
        return { kind: 'decided', outcome: { ok: false, rejection } };
      }
      let left = qty;
      const first = mine.filter((h) => h.reference === '');
      for (const hold of [...first, ...mine.filter((h) => h.reference !== '')]) {
        const drawn = Math.min(left, hold.qty);
        hold.qty -= drawn;
        left -= drawn;
      }
      record.holds = record.holds.filter((h) => h.qty > 0);
      record.log.push({ action: 'RELEASED', units: -qty, reference, notes, actor });
    }
    const stock = { id, onHandQty: record.onHandQty, reservedQty: sum(record) };
    return { kind: 'decided', outcome: { ok: true, stock } };
  }

  /** What the tables should say of a merchant's records. */
  state(merchantId: string): RecordState[] {
    return [...this.#records]
      .filter(([name]) => name.startsWith(`${merchantId}/`))
      .map(([name, record]) => ({
        id: name.slice(merchantId.length + 1),
        onHand: record.onHandQty,
        reserved: sum(record),
        holds: record.holds.map((h) => `${h.reference}=${h.qty}`),
        log: record.log.map((e) => [e.action, e.units, e.reference, e.notes, e.actor].join(' ')),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

export interface RecordState {
  readonly id: string;
  readonly onHand: number;
  readonly reserved: number;
  /** `reference=qty`, oldest first. */
  readonly holds: readonly string[];
  readonly log: readonly string[];
}

function sum(record: ModelRecord): number {
  return record.holds.reduce((units, hold) => units + hold.qty, 0);
}
