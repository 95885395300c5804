import type { OrderLine } from '../domain/command.js';
import type { Term } from '../domain/decisions/term.js';
import type { EndedOrderSuccess, ReservedOrderSuccess } from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, type Result } from './commands.js';
import { fingerprintOf, type Parts } from './fingerprint.js';
import type { HoldTtl } from './hold-ttl.js';

/** An order's lines to reserve, already validated. */
export interface ReserveOrderRequest extends Term {
  readonly reference: string;
  readonly lines: readonly OrderLine[];
  readonly notes: string;
  readonly allowPartial: boolean;
}

/** An order's lines to set, already validated. */
export interface SetOrderRequest extends Term {
  readonly reference: string;
  readonly lines: readonly OrderLine[];
  readonly notes: string;
}

export interface EndOrderRequest {
  readonly reference: string;
  readonly notes: string;
}

const RESERVE_PARTS: Parts<ReserveOrderRequest> = {
  reference: 'as_it_is',
  lines: (lines) => lines.map(lineOf),
  ttlSeconds: 'as_it_is',
  notes: 'as_it_is',
  allowPartial: 'as_it_is',
  openEnded: 'later',
};

const SET_PARTS: Parts<SetOrderRequest> = {
  reference: 'as_it_is',
  lines: (lines) => lines.map(lineOf),
  ttlSeconds: 'as_it_is',
  notes: 'as_it_is',
  openEnded: 'as_it_is',
};

const END_PARTS: Parts<EndOrderRequest> = { reference: 'as_it_is', notes: 'as_it_is' };

/** Copies all fields one by one: a protocol message has others, too. */
function lineOf({ id, qty }: OrderLine): Required<OrderLine> {
  return { id, qty };
}

/** The use cases of orders: holds on several records under one reference. Permissions are checked before. */
export class Orders {
  readonly #engine: Pick<Engine, 'submit'>;
  readonly #holdTtl: HoldTtl;

  constructor(engine: Pick<Engine, 'submit'>, holdTtl: HoldTtl) {
    this.#engine = engine;
    this.#holdTtl = holdTtl;
  }

  /** Reserves all lines or none. */
  async reserve(call: CallContext, request: ReserveOrderRequest): Promise<Result<ReservedOrderSuccess>> {
    const { reference, notes, allowPartial } = request;
    const { merchantId, actor } = call.principal;
    const lines = request.lines.map(lineOf);
    const term = await this.#holdTtl.effective(merchantId, reference, request);
    if (term.ok === false) return term;
    return execute(
      this.#engine,
      call,
      {
        kind: 'reserve_order',
        merchantId,
        actor,
        reference,
        lines,
        ...term,
        notes,
        allowPartial,
      },
      () => fingerprintOf('reserve_order', request, RESERVE_PARTS),
    );
  }

  /** Sets what the reference holds: these lines, and nothing else. */
  async set(call: CallContext, request: SetOrderRequest): Promise<Result<ReservedOrderSuccess>> {
    const { reference, notes } = request;
    const { merchantId, actor } = call.principal;
    const lines = request.lines.map(lineOf);
    const term = await this.#holdTtl.effective(merchantId, reference, request);
    if (term.ok === false) return term;
    const command = { kind: 'set_order', merchantId, actor, reference, lines, notes, ...term } as const;
    return execute(this.#engine, call, command, () => fingerprintOf('set_order', request, SET_PARTS));
  }

  /** Returns all units that the reference holds to available. */
  release(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('release_order', call, request);
  }

  /** Takes all units that the reference holds out of stock. */
  confirm(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('confirm_order', call, request);
  }

  #end(
    kind: 'release_order' | 'confirm_order',
    call: CallContext,
    request: EndOrderRequest,
  ): Promise<Result<EndedOrderSuccess>> {
    const { reference, notes } = request;
    const { merchantId, actor } = call.principal;
    return execute(this.#engine, call, { kind, merchantId, actor, reference, notes }, () =>
      fingerprintOf(kind, request, END_PARTS),
    );
  }
}
