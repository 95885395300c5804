import type { Term } from '../domain/decisions/term.js';
import { UNREFERENCED } from '../domain/hold.js';
import type { StockSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, invalid, type Result } from './commands.js';
import { fingerprintOf, type Parts } from './fingerprint.js';
import type { HoldTtl } from './hold-ttl.js';

/** Units of one record, already validated. */
export interface UnitsRequest {
  readonly id: string;
  readonly qty: number;
  readonly reference: string;
  readonly notes: string;
}

export interface ReserveRequest extends UnitsRequest, Term {
  readonly allowPartial: boolean;
}

export interface SetHoldRequest extends Term {
  readonly id: string;
  /** Validation requires it. */
  readonly qty?: number | undefined;
  readonly reference: string;
  readonly notes: string;
}

const UNITS_PARTS: Parts<UnitsRequest> = {
  id: 'as_it_is',
  qty: 'as_it_is',
  reference: 'as_it_is',
  notes: 'as_it_is',
};

const RESERVE_PARTS: Parts<ReserveRequest> = {
  ...UNITS_PARTS,
  ttlSeconds: 'later',
  allowPartial: 'later',
  openEnded: 'still_later',
};

const SET_PARTS: Parts<SetHoldRequest> = {
  id: 'as_it_is',
  qty: 'as_it_is',
  reference: 'as_it_is',
  notes: 'as_it_is',
  ttlSeconds: 'as_it_is',
  openEnded: 'as_it_is',
};

/** The use cases that reserve, release and confirm units of one record, or set a hold. Permissions are checked before. */
export class Reservations {
  readonly #engine: Pick<Engine, 'submit'>;
  readonly #holdTtl: HoldTtl;

  constructor(engine: Pick<Engine, 'submit'>, holdTtl: HoldTtl) {
    this.#engine = engine;
    this.#holdTtl = holdTtl;
  }

  /** Moves units from available to reserved. */
  async reserve(call: CallContext, request: ReserveRequest): Promise<Result<StockSuccess>> {
    const { id, qty, reference, notes, ttlSeconds, allowPartial } = request;
    if (ttlSeconds !== undefined && reference === UNREFERENCED) {
      return invalid({ field: 'ttlSeconds', description: 'needs a reference' });
    }
    const { merchantId, actor } = call.principal;
    const known = this.#holdTtl.effective(merchantId, reference, request);
    const term = known instanceof Promise ? await known : known;
    if (term.ok === false) return term;
    // Awaited, this takes fewer turns than a promise that is resolved with another one.
    return await execute(
      this.#engine,
      call,
      {
        kind: 'reserve',
        merchantId,
        actor,
        id,
        qty,
        reference,
        notes,
        ttlSeconds: term.ttlSeconds,
        openEnded: term.openEnded,
        allowPartial,
      },
      () => fingerprintOf('reserve', request, RESERVE_PARTS),
    );
  }

  /** Sets how many units of one record a reference holds. */
  async set(call: CallContext, request: SetHoldRequest): Promise<Result<StockSuccess>> {
    const { id, qty = 0, reference, notes } = request;
    const { merchantId, actor } = call.principal;
    const term = await this.#holdTtl.effective(merchantId, reference, request);
    if (term.ok === false) return term;
    const command = { kind: 'set_hold', merchantId, actor, id, qty, reference, notes, ...term } as const;
    return execute(this.#engine, call, command, () => fingerprintOf('set_hold', request, SET_PARTS));
  }

  /** Returns reserved units to available. */
  release(call: CallContext, request: UnitsRequest): Promise<Result<StockSuccess>> {
    return this.#draw('release', call, request);
  }

  /** Takes reserved units out of stock. */
  confirm(call: CallContext, request: UnitsRequest): Promise<Result<StockSuccess>> {
    return this.#draw('confirm', call, request);
  }

  #draw(
    kind: 'release' | 'confirm',
    call: CallContext,
    request: UnitsRequest,
  ): Promise<Result<StockSuccess>> {
    const { id, qty, reference, notes } = request;
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind, merchantId, actor, id, qty, reference, notes }, () =>
      fingerprintOf(kind, request, UNITS_PARTS),
    );
  }
}
