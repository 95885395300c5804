import type { AdjustmentLine } from '../domain/command.js';
import type { RecordDescription, RecordDetails } from '../domain/inventory-record.js';
import type { AdjustedSuccess, RecordSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, type Result } from './commands.js';
import { fingerprint, fingerprintOf, type Parts, told } from './fingerprint.js';
import { newId } from './ids.js';
import { sortedEntries } from './sorted-entries.js';

/** A record to add, already validated. */
export interface CreateRequest {
  readonly details: RecordDetails;
  readonly initialQty: number;
}

const CREATE_PARTS: Parts<CreateRequest> = { initialQty: 'as_it_is', details: sortedEntries };

const ADJUSTMENT_PARTS: Parts<AdjustmentLine> = {
  id: 'as_it_is',
  qty: 'as_it_is',
  action: 'as_it_is',
  reference: 'as_it_is',
  notes: 'as_it_is',
  expectedOnHandQty: 'as_it_is',
};

/** The use cases that add and change records. Permissions are checked before. */
export class Records {
  readonly #engine: Pick<Engine, 'submit'>;

  constructor(engine: Pick<Engine, 'submit'>) {
    this.#engine = engine;
  }

  /** Adds a record under a new id. */
  create(call: CallContext, request: CreateRequest): Promise<Result<RecordSuccess>> {
    const { merchantId, actor } = call.principal;
    const { details, initialQty } = request;
    const id = newId('inv');
    return execute(
      this.#engine,
      call,
      { kind: 'create_record', merchantId, actor, id, initialQty, details, notes: '' },
      () => fingerprintOf('create_record', request, CREATE_PARTS),
    );
  }

  /** Updates a record's description. */
  update(call: CallContext, id: string, update: Partial<RecordDescription>): Promise<Result<RecordSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'update_record', merchantId, actor, id, update }, () =>
      fingerprint('update_record', id, sortedEntries(update)),
    );
  }

  /** Changes a record's units on hand. */
  adjust(call: CallContext, line: AdjustmentLine): Promise<Result<AdjustedSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'adjust', merchantId, actor, ...line }, () =>
      fingerprintOf('adjust', line, ADJUSTMENT_PARTS),
    );
  }

  /** Makes all of several adjustments, or none. */
  batchAdjust(call: CallContext, lines: readonly AdjustmentLine[]): Promise<Result<AdjustedSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'batch_adjust', merchantId, actor, lines }, () =>
      fingerprint(
        'batch_adjust',
        lines.map((line) => told(line, ADJUSTMENT_PARTS)),
      ),
    );
  }
}
