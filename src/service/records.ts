import type { AdjustmentLine, OnHandChange } from '../domain/command.js';
import type { FieldViolation } from '../domain/failure.js';
import type { RecordDescription, RecordDetails } from '../domain/inventory-record.js';
import type { AdjustedSuccess, RecordSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, invalid, type Result } from './commands.js';
import { fingerprint, fingerprintOf, type Parts, told } from './fingerprint.js';
import { newId } from './ids.js';
import { sortedEntries } from './sorted-entries.js';

/** A record to add, already validated. */
export interface CreateRequest {
  /** Undefined: a new one is made. */
  readonly id?: string | undefined;
  readonly details: RecordDetails;
  readonly initialQty: number;
}

const CREATE_PARTS: Parts<CreateRequest> = { initialQty: 'as_it_is', details: sortedEntries, id: 'later' };

const ADJUSTMENT_PARTS: Parts<AdjustmentLine> = {
  id: 'as_it_is',
  qty: 'as_it_is',
  action: 'as_it_is',
  reference: 'as_it_is',
  notes: 'as_it_is',
  expectedOnHandQty: 'as_it_is',
  releaseShortfall: 'later',
};

/** A count to set, already validated. */
export interface CountRequest extends OnHandChange {
  readonly id: string;
  readonly qty: number;
  readonly notes: string;
}

const COUNT_PARTS: Parts<CountRequest> = {
  id: 'as_it_is',
  qty: 'as_it_is',
  reference: 'as_it_is',
  notes: 'as_it_is',
  expectedOnHandQty: 'as_it_is',
  releaseShortfall: 'as_it_is',
};

/** The use cases that add and change records. Permissions are checked before. */
export class Records {
  readonly #engine: Pick<Engine, 'submit'>;

  constructor(engine: Pick<Engine, 'submit'>) {
    this.#engine = engine;
  }

  /** Adds a record. */
  create(call: CallContext, request: CreateRequest): Promise<Result<RecordSuccess>> {
    const { merchantId, actor } = call.principal;
    const { details, initialQty, id = newId('inv') } = request;
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
  async adjust(call: CallContext, line: AdjustmentLine): Promise<Result<AdjustedSuccess>> {
    if (!mayRelease(line)) return invalid(releaseViolation(''));
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'adjust', merchantId, actor, ...line }, () =>
      fingerprintOf('adjust', line, ADJUSTMENT_PARTS),
    );
  }

  /** Makes all of several adjustments, or none. */
  async batchAdjust(call: CallContext, lines: readonly AdjustmentLine[]): Promise<Result<AdjustedSuccess>> {
    const wrong = lines.flatMap((line, i) => (mayRelease(line) ? [] : [releaseViolation(`lines[${i}].`)]));
    if (wrong.length > 0) return invalid(...wrong);
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'batch_adjust', merchantId, actor, lines }, () =>
      fingerprint(
        'batch_adjust',
        lines.map((line) => told(line, ADJUSTMENT_PARTS)),
      ),
    );
  }

  /** Sets a record's units on hand to a count. */
  setOnHand(call: CallContext, request: CountRequest): Promise<Result<AdjustedSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind: 'set_on_hand', merchantId, actor, ...request }, () =>
      fingerprintOf('set_on_hand', request, COUNT_PARTS),
    );
  }
}

/** Only units that are gone without anybody's will are taken from holds. */
function mayRelease({ releaseShortfall, action }: AdjustmentLine): boolean {
  return releaseShortfall !== true || action === 'DAMAGED' || action === 'ADJUSTED';
}

function releaseViolation(of: string): FieldViolation {
  return { field: `${of}releaseShortfall`, description: 'needs the action DAMAGED or ADJUSTED' };
}
