import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Authenticator } from '../../auth/authenticator.js';
import { OPERATOR_PERMISSION, type Permission, type Principal } from '../../auth/principal.js';
import type { Failure, FieldViolation } from '../../domain/failure.js';
import type { CallOrigin } from '../../service/call.js';
import type { CallSpan } from '../../telemetry/spans.js';
import { type Operation, type Reply, refuse } from '../operations/operation.js';
import { type Admission, type Refused, refused } from './admission.js';
import type { Arrival, DispatchObserver } from './call-observer.js';
import type { CommandCall, CommandCaller } from './command-call.js';
import { idempotencyKeyOf, KEY_FIELD, keyOfMany } from './idempotency-key.js';
import type { MerchantLimits } from './merchant-limits.js';
import { undecidedCredentials } from './undecided-credentials.js';
import { NoRoom, UnreadableRequest } from './unreadable-request.js';
import { Validation } from './validation.js';

/** What a door knows about a call before it looks at the request. */
export interface CallMetadata extends Arrival {
  /** The caller's deadline, in milliseconds since the epoch. */
  readonly deadlineAtMs: number | undefined;
}

export interface DispatcherOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate' | 'authenticateOperator'>;
  readonly limits: MerchantLimits;
  /** Applies to calls without a deadline; longer deadlines are cut to it. */
  readonly requestTimeoutMs: number;
  readonly observer: DispatchObserver;
}

/**
 * The only way from any door to a handler, and the only place that decides who may call: credentials → limits →
 * permission → decoding → validation → handler. Doors translate and decide nothing.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #validation = new Validation();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * Runs a call; never rejects. `decode` builds the request, or throws UnreadableRequest or NoRoom. It runs only once
   * the caller is known, so that strangers cannot make the service parse anything.
   */
  async dispatch(operation: Operation, metadata: CallMetadata, decode: () => Message): Promise<Reply> {
    const startedAt = performance.now();
    const span = this.#options.observer.began(operation, metadata);
    let principal: Principal | undefined;
    let reply: Reply;
    try {
      const authenticated = this.#authenticate(metadata, operation.permission);
      principal = authenticated instanceof Promise ? await authenticated : authenticated;
      reply =
        principal === undefined
          ? refuse({ reason: 'UNAUTHENTICATED' })
          : await this.#inProgress(principal, () => this.#run(principal!, operation, metadata, span, decode));
    } catch (error) {
      reply = refuse(this.faultOf(error, operation, metadata));
    }
    this.#options.observer.replied({
      operation,
      origin: metadata,
      merchantId: principal?.merchantId,
      reply,
      durationMs: performance.now() - startedAt,
      within: undefined,
      span,
    });
    return reply;
  }

  /** What to report to the caller for something that was thrown. */
  faultOf(error: unknown, operation: Pick<Operation, 'method'>, origin: CallOrigin): Failure {
    const undecided = undecidedCredentials(error);
    if (undecided !== undefined) return undecided;
    this.#options.observer.crashed(error, operation, origin);
    return { reason: 'INTERNAL' };
  }

  /** Whether the credentials are valid, for doors that refuse a request before they dispatch it. */
  async isAuthenticated(metadata: Pick<CallMetadata, 'header'>, permission: Permission): Promise<boolean> {
    return (await this.#authenticate(metadata, permission)) !== undefined;
  }

  /**
   * Whether a long request may be read, since its caller is known. If not, `dispatch` says why, without the request.
   */
  mayBring(
    { permission }: Pick<Operation, 'permission'>,
    metadata: Pick<CallMetadata, 'header'>,
  ): boolean | Promise<boolean> {
    const principal = this.#authenticate(metadata, permission);
    if (!(principal instanceof Promise)) return principal !== undefined;
    return principal.then(
      (known) => known !== undefined,
      () => false,
    );
  }

  /** Admits a call: credentials → limit → permission → decoding → validation. */
  async admit(
    operation: Pick<Operation, 'method' | 'permission'>,
    metadata: CallMetadata,
    decode: () => Message,
  ): Promise<Admission> {
    const principal = await this.#authenticate(metadata, operation.permission);
    if (principal === undefined) return refused(undefined, { reason: 'UNAUTHENTICATED' });
    return this.#admit(principal, { ...operation, changes: false }, metadata, decode);
  }

  /** Admits a caller who brings commands, each with its own permission and limit: credentials → key. */
  async admitCaller(
    { permission }: Pick<Operation, 'permission'>,
    metadata: CallMetadata,
  ): Promise<{ ok: true; principal: Principal } | Refused> {
    const principal = await this.#authenticate(metadata, permission);
    if (principal === undefined) return refused(undefined, { reason: 'UNAUTHENTICATED' });
    if (metadata.header('idempotency-key') !== undefined) {
      return refused(principal, { reason: 'VALIDATION_FAILED', violations: [keyOfMany] });
    }
    return { ok: true, principal };
  }

  /**
   * Runs one of the many commands of a call or stream as a call of its RPC. The caller is known and the command
   * decoded, so these steps are left: limit → permission → validation → handler. Calls back once, with the reply, and
   * never before it returns. It uses callbacks because with thousands of commands a second, a promise for each step
   * would be noticeable.
   */
  command(
    operation: Operation,
    caller: CommandCaller,
    command: CommandCall,
    onReply: (reply: Reply) => void,
  ): void {
    const { limits, observer } = this.#options;
    const { principal, origin, isOneCall } = caller;
    const { merchantId } = principal;
    const startedAt = performance.now();
    const span = caller.span && observer.beganWithin(caller.span, operation);
    const answer = (reply: Reply): void => {
      const durationMs = performance.now() - startedAt;
      const within = isOneCall ? 'BatchExecute' : 'Execute';
      observer.replied({ operation, origin, merchantId, reply, durationMs, within, span });
      onReply(reply);
    };
    const leave = (reply: Reply): void => {
      const turn = isOneCall ? undefined : limits.leave(merchantId, reply.ok ? undefined : reply.failure);
      if (turn === undefined) answer(reply);
      else void turn.then(() => answer(reply));
    };
    const fail = (error: unknown): void => leave(refuse(this.faultOf(error, operation, origin)));
    const refusal = isOneCall ? undefined : limits.enter(merchantId, Date.now());
    try {
      const reply =
        refusal === undefined ? this.#handleCommand(operation, caller, command, span) : refuse(refusal);
      if (reply instanceof Promise) reply.then(leave, fail);
      else queueMicrotask(() => leave(reply));
    } catch (error) {
      queueMicrotask(() => fail(error));
    }
  }

  #handleCommand(
    operation: Operation,
    { principal, deadlineAtMs, sequence, onSubmit }: CommandCaller,
    { request, key, isCounted }: CommandCall,
    span: CallSpan | undefined,
  ): Reply | Promise<Reply> {
    const { method, permission } = operation;
    // `changes` is false, so a command is not refused because it would wait: streams are read no faster than commands
    // are done, and a batch was already admitted as a whole.
    const refusal = isCounted ? forbidden(principal, permission) : this.refusal(principal, permission, false);
    if (refusal !== undefined) return refuse(refusal);
    if (request instanceof UnreadableRequest) {
      return refuse({ reason: 'MALFORMED_REQUEST', description: request.message });
    }
    const admitted = this.#validate(principal, method, request, idempotencyKeyOf(request, key, KEY_FIELD));
    if (!admitted.ok) return refuse(admitted.failure);
    const latest = Date.now() + this.#options.requestTimeoutMs;
    return operation.handle(
      {
        principal,
        deadlineAtMs: Math.min(deadlineAtMs ?? latest, latest),
        idempotencyKey: admitted.idempotencyKey,
        isLetIn: true,
        sequence,
        onSubmit,
        span,
      },
      request,
    );
  }

  async #inProgress({ merchantId }: Principal, run: () => Reply | Promise<Reply>): Promise<Reply> {
    const { limits } = this.#options;
    const refusal = limits.enter(merchantId, Date.now());
    let reply: Reply | undefined;
    try {
      reply = refusal === undefined ? await run() : refuse(refusal);
      return reply;
    } finally {
      const turn = limits.leave(merchantId, reply?.ok === false ? reply.failure : undefined);
      if (turn !== undefined) await turn;
    }
  }

  async #run(
    principal: Principal,
    operation: Operation,
    metadata: CallMetadata,
    span: CallSpan | undefined,
    decode: () => Message,
  ): Promise<Reply> {
    const admitted = this.#admit(principal, operation, metadata, decode);
    if (!admitted.ok) return refuse(admitted.failure);
    const latest = Date.now() + this.#options.requestTimeoutMs;
    const deadlineAtMs = Math.min(metadata.deadlineAtMs ?? latest, latest);
    return operation.handle(
      {
        principal: admitted.principal,
        deadlineAtMs,
        idempotencyKey: admitted.idempotencyKey,
        origin: metadata,
        span,
      },
      admitted.request,
    );
  }

  #admit(
    principal: Principal,
    {
      method,
      permission,
      changes,
      isOfCommands,
    }: Pick<Operation, 'method' | 'permission' | 'changes' | 'isOfCommands'>,
    metadata: CallMetadata,
    decode: () => Message,
  ): Admission {
    const refusal = this.refusal(principal, isOfCommands ? undefined : permission, changes);
    if (refusal !== undefined) return refused(principal, refusal);
    let request: Message;
    try {
      request = decode();
    } catch (error) {
      if (error instanceof NoRoom) return refused(principal, { reason: 'OVERLOADED' });
      if (!(error instanceof UnreadableRequest)) throw error;
      return refused(principal, { reason: 'MALFORMED_REQUEST', description: error.message });
    }
    const key = changes ? idempotencyKeyOf(request, metadata.header('idempotency-key')) : undefined;
    return this.#validate(principal, method, request, key);
  }

  /** Counts the call against the limits, and checks the permission. Returns why it is refused, if it is. */
  refusal(principal: Principal, permission: Permission | undefined, changes: boolean): Failure | undefined {
    const refusal = this.#options.limits.count(principal.merchantId, changes, Date.now());
    return refusal ?? forbidden(principal, permission);
  }

  #validate(
    principal: Principal,
    method: DescMethod,
    request: Message,
    idempotencyKey: string | undefined | FieldViolation,
  ): Admission {
    const violations = this.#validation.violations(method, request);
    if (typeof idempotencyKey === 'object') violations.push(idempotencyKey);
    else if (violations.length === 0) return { ok: true, principal, request, idempotencyKey };
    return refused(principal, { reason: 'VALIDATION_FAILED', violations });
  }

  /**
   * Operators have no API key, and merchants always have one. The call's permission says whose credentials it needs.
   */
  #authenticate(
    metadata: Pick<CallMetadata, 'header'>,
    permission: Permission,
  ): Principal | undefined | Promise<Principal | undefined> {
    const { authenticator } = this.#options;
    const authorization = metadata.header('authorization');
    const apiKey = metadata.header('x-merchantapikey');
    return permission === OPERATOR_PERMISSION
      ? authenticator.authenticateOperator(authorization, apiKey)
      : authenticator.authenticate(authorization, apiKey);
  }
}

export function forbidden({ permissions }: Principal, permission?: Permission): Failure | undefined {
  if (permission === undefined || permissions.has(permission)) return undefined;
  return { reason: 'PERMISSION_DENIED', permission };
}
