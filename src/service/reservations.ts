import { UNREFERENCED } from '../domain/hold.js';
import type { StockSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, invalid, type Result } from './commands.js';
import { fingerprint } from './fingerprint.js';
import type { HoldTtl } from './hold-ttl.js';

/** Units of one record; shape already checked. */
export interface UnitsRequest {
  readonly id: string;
  readonly qty: number;
  readonly reference: string;
  readonly notes: string;
}

export interface ReserveRequest extends UnitsRequest {
  readonly ttlSeconds?: number | undefined;
  readonly allowPartial: boolean;
}

/** The use cases that hold units of one record, and let them go. Callers' rights are checked before. */
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
    const known = this.#holdTtl.effective(merchantId, reference, ttlSeconds);
    const effective = known instanceof Promise ? await known : known;
    if (typeof effective === 'object') return effective;
    return execute(
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
        ttlSeconds: effective,
        allowPartial,
      },
      () =>
        ttlSeconds === undefined && !allowPartial
          ? fingerprint('reserve', id, qty, reference, notes)
          : fingerprint('reserve', id, qty, reference, notes, ttlSeconds ?? null, allowPartial),
    );
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
    { id, qty, reference, notes }: UnitsRequest,
  ): Promise<Result<StockSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind, merchantId, actor, id, qty, reference, notes }, () =>
      fingerprint(kind, id, qty, reference, notes),
    );
  }
}
