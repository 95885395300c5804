import type { OrderLine, ReleaseOrderCommand } from '../domain/command.js';
import type { Term } from '../domain/decisions/term.js';
import type {
  EndedOrderSuccess,
  ExtendedOrderSuccess,
  MovedOrderSuccess,
  ReservedOrderSuccess,
} from '../domain/outcome.js';
import type { Engine } from '../engine/engine.js';
import type { CallContext } from './call.js';
import { execute, invalid, type Result } from './commands.js';
import { fingerprintOf, type Parts } from './fingerprint.js';
import { bothTerms, type HoldTtl } from './hold-ttl.js';
import { commandLines, lineViolations, type RequestedLine, toldLine } from './requested-lines.js';

/** An order's lines to reserve, already validated. */
export interface ReserveOrderRequest extends Term {
  readonly reference: string;
  readonly lines: readonly RequestedLine[];
  readonly notes: string;
  readonly allowPartial: boolean;
}

/** An order's lines to set, already validated. */
export interface SetOrderRequest extends Term {
  readonly reference: string;
  readonly lines: readonly RequestedLine[];
  readonly notes: string;
}

/** Units that an order holds; no lines: all. Already validated. */
export interface EndOrderRequest {
  readonly reference: string;
  readonly lines: readonly OrderLine[];
  readonly notes: string;
}

/** An order's new term; no lines: for all of its holds. Already validated. */
export interface ExtendOrderRequest extends Term {
  readonly reference: string;
  readonly lines: readonly Pick<OrderLine, 'id'>[];
}

/** Units that go to another order. */
export interface MoveOrderRequest extends EndOrderRequest, Term {
  readonly toReference: string;
}

const RESERVE_PARTS: Parts<ReserveOrderRequest> = {
  reference: 'as_it_is',
  lines: (lines) => lines.map(toldLine),
  ttlSeconds: 'as_it_is',
  notes: 'as_it_is',
  allowPartial: 'as_it_is',
  openEnded: 'later',
};

const SET_PARTS: Parts<SetOrderRequest> = {
  reference: 'as_it_is',
  lines: (lines) => lines.map(toldLine),
  ttlSeconds: 'as_it_is',
  notes: 'as_it_is',
  openEnded: 'as_it_is',
};

/** Of a request whose lines are undefined where it names none. */
const END_PARTS: Parts<Pick<ReleaseOrderCommand, 'reference' | 'lines' | 'notes'>> = {
  reference: 'as_it_is',
  notes: 'as_it_is',
  lines: 'later',
};

const EXTEND_PARTS: Parts<ExtendOrderRequest> = {
  reference: 'as_it_is',
  lines: (lines) => lines.map(({ id }) => id),
  ttlSeconds: 'as_it_is',
  openEnded: 'as_it_is',
};

const MOVE_PARTS: Parts<MoveOrderRequest> = {
  reference: 'as_it_is',
  toReference: 'as_it_is',
  lines: (lines) => lines.map(lineOf),
  ttlSeconds: 'as_it_is',
  openEnded: 'as_it_is',
  notes: 'as_it_is',
};

/** Copies all fields one by one: a protocol message has others, too. */
function lineOf({ id, qty }: OrderLine): Required<OrderLine> {
  return { id, qty };
}

/** Undefined stands for all that the order holds. */
function linesOf(lines: readonly OrderLine[]): readonly OrderLine[] | undefined {
  return lines.length === 0 ? undefined : lines.map(lineOf);
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
    const violations = lineViolations(request.lines);
    if (violations.length > 0) return invalid(...violations);
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
        ...commandLines(request.lines),
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
    const violations = lineViolations(request.lines);
    if (violations.length > 0) return invalid(...violations);
    const term = await this.#holdTtl.effective(merchantId, reference, request);
    if (term.ok === false) return term;
    const lines = commandLines(request.lines);
    const command = { kind: 'set_order', merchantId, actor, reference, ...lines, notes, ...term } as const;
    return execute(this.#engine, call, command, () => fingerprintOf('set_order', request, SET_PARTS));
  }

  /** Returns units that the reference holds to available. */
  release(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('release_order', call, request);
  }

  /** Takes units that the reference holds out of stock. */
  confirm(call: CallContext, request: EndOrderRequest): Promise<Result<EndedOrderSuccess>> {
    return this.#end('confirm_order', call, request);
  }

  /** Sets when the holds of the reference end. */
  async extend(call: CallContext, request: ExtendOrderRequest): Promise<Result<ExtendedOrderSuccess>> {
    const { reference, lines, ttlSeconds, openEnded } = request;
    if (ttlSeconds !== undefined && openEnded === true) return bothTerms;
    if (ttlSeconds === undefined && openEnded !== true) {
      return invalid({ field: 'ttlSeconds', description: 'is required, unless openEnded is true' });
    }
    const { merchantId, actor } = call.principal;
    const records = lines.length === 0 ? undefined : lines.map(({ id }) => id);
    const command = {
      kind: 'extend_order',
      merchantId,
      actor,
      reference,
      records,
      ttlSeconds,
      openEnded,
    } as const;
    return execute(this.#engine, call, command, () => fingerprintOf('extend_order', request, EXTEND_PARTS));
  }

  /** Passes units that the reference holds on to another one. */
  async move(call: CallContext, request: MoveOrderRequest): Promise<Result<MovedOrderSuccess>> {
    const { reference, toReference, notes, ttlSeconds, openEnded } = request;
    if (toReference === reference) {
      return invalid({ field: 'toReference', description: 'must be another order' });
    }
    if (ttlSeconds !== undefined && openEnded === true) return bothTerms;
    const { merchantId, actor } = call.principal;
    const units = { reference, toReference, lines: linesOf(request.lines), ttlSeconds, openEnded };
    const command = { kind: 'move_order', merchantId, actor, ...units, notes } as const;
    return execute(this.#engine, call, command, () => fingerprintOf('move_order', request, MOVE_PARTS));
  }

  #end(
    kind: 'release_order' | 'confirm_order',
    call: CallContext,
    request: EndOrderRequest,
  ): Promise<Result<EndedOrderSuccess>> {
    const { reference, notes } = request;
    const { merchantId, actor } = call.principal;
    const units = { reference, lines: linesOf(request.lines), notes };
    return execute(this.#engine, call, { kind, merchantId, actor, ...units }, () =>
      fingerprintOf(kind, units, END_PARTS),
    );
  }
}
