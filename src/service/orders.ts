import type { OrderLine } from '../domain/command.js';
import type { EndedOrderSuccess, ReservedOrderSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, type Result } from './commands.js';
import { fingerprint } from './fingerprint.js';
import type { HoldTtl } from './hold-ttl.js';

/** An order's lines to reserve; shape already checked. */
export interface ReserveOrderRequest {
  readonly reference: string;
  readonly lines: readonly OrderLine[];
  readonly ttlSeconds?: number | undefined;
  readonly notes: string;
  readonly allowPartial: boolean;
}

export interface EndOrderRequest {
  readonly reference: string;
  readonly notes: string;
}

/** The use cases of orders: holds on several records under one reference. Callers' rights are checked before. */
export class Orders {
  readonly #engine: Pick<Engine, 'submit'>;
  readonly #holdTtl: HoldTtl;

  constructor(engine: Pick<Engine, 'submit'>, holdTtl: HoldTtl) {
    this.#engine = engine;
    this.#holdTtl = holdTtl;
  }

  /** Reserves all lines, or none. */
  async reserve(call: CallContext, request: ReserveOrderRequest): Promise<Result<ReservedOrderSuccess>> {
    const { reference, notes, ttlSeconds, allowPartial } = request;
    const { merchantId, actor } = call.principal;
    const lines = request.lines.map(({ id, qty }) => ({ id, qty }));
    const effective = await this.#holdTtl.effective(merchantId, reference, ttlSeconds);
    if (typeof effective === 'object') return effective;
    return execute(
      this.#engine,
      call,
      {
        kind: 'reserve_order',
        merchantId,
        actor,
        reference,
        lines,
        ttlSeconds: effective,
        notes,
        allowPartial,
      },
      () => fingerprint('reserve_order', reference, lines, ttlSeconds ?? null, notes, allowPartial),
    );
  }

  /** Returns all that the reference holds to available. */
  release(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('release_order', call, request);
  }

  /** Takes all that the reference holds out of stock. */
  confirm(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('confirm_order', call, request);
  }

  #end(
    kind: 'release_order' | 'confirm_order',
    call: CallContext,
    { reference, notes }: EndOrderRequest,
  ): Promise<Result<EndedOrderSuccess>> {
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind, merchantId, actor, reference, notes }, () =>
      fingerprint(kind, reference, notes),
    );
  }
}
