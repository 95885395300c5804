import type { DescMethod, Message } from '@bufbuild/protobuf';
import { createValidator, type Validator } from '@bufbuild/protovalidate';
import { type Authenticator, CredentialStoreUnavailable } from '../../auth/authenticator.js';
import { TokenIssuerUnavailable } from '../../auth/issuer-keys.js';
import type { Principal } from '../../auth/principal.js';
import type { RateLimiter } from '../../auth/rate-limiter.js';
import type { Failure, FieldViolation } from '../../domain/failure.js';
import { toFieldViolation } from '../failures/violations.js';
import { type Operation, type Reply, refuse } from '../operations/operation.js';
import { Crowds } from './crowds.js';
import { idempotencyKeyOf } from './idempotency-key.js';

/** What a door knows about a call before it looks at the request. */
export interface CallMetadata {
  /** By lower-case name: an HTTP header or gRPC metadata. */
  header(name: string): string | undefined;
  /** The caller's deadline, in milliseconds since the epoch. */
  readonly deadlineAtMs: number | undefined;
  readonly requestId: string;
}

/** The request's bytes or JSON cannot be read as the message. Thrown by a door's `decode`. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest';
}

export interface DispatcherOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly rateLimiter: RateLimiter;
  /** Calls of one merchant in progress at once; 0: no limit. */
  readonly merchantInFlightMax: number;
  /** Applies to calls without a deadline; longer deadlines are cut to it. */
  readonly requestTimeoutMs: number;
  readonly observer: DispatchObserver;
}

export interface DispatchObserver {
  replied(operation: Operation, reply: Reply, durationMs: number, requestId: string): void;
  /** Something threw that should not have; the caller received INTERNAL. */
  crashed(error: unknown, operation: Pick<Operation, 'method'>, requestId: string): void;
}

/** Who calls and what for, or why the call is refused. */
export type Admission =
  | {
      readonly ok: true;
      readonly principal: Principal;
      readonly request: Message;
      readonly idempotencyKey: string | undefined;
    }
  | { readonly ok: false; readonly failure: Failure };

function refused(failure: Failure): Admission {
  return { ok: false, failure };
}

/** The failure to report when credentials could not be checked; undefined if something else was thrown. */
export function undecidedCredentials(error: unknown): Failure | undefined {
  if (error instanceof CredentialStoreUnavailable) return { reason: 'DATABASE_UNAVAILABLE' };
  // The verifier logs this for the operator, once for many callers.
  if (error instanceof TokenIssuerUnavailable) return { reason: 'DATABASE_UNAVAILABLE', of: 'keys' };
  return undefined;
}

/**
 * The only way from any door to a handler, and the only place that decides who may call: credentials → limit →
 * permission → decoding → validation → handler. Doors translate and decide nothing.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #validator: Validator;
  readonly #crowds: Crowds;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#crowds = new Crowds(options.merchantInFlightMax);
    this.#validator = createValidator({ regexMatch: nativeRegexMatch() });
  }

  /**
   * Runs a call; never rejects. `decode` builds the request or throws UnreadableRequest. It runs only once the caller
   * is known, so that strangers cannot make the service parse anything.
   */
  async dispatch(operation: Operation, metadata: CallMetadata, decode: () => Message): Promise<Reply> {
    const startedAt = performance.now();
    let reply: Reply;
    try {
      reply = await this.#run(operation, metadata, decode);
    } catch (error) {
      reply = refuse(this.faultOf(error, operation, metadata.requestId));
    }
    this.#options.observer.replied(operation, reply, performance.now() - startedAt, metadata.requestId);
    return reply;
  }

  /** What to report to the caller for something that was thrown. */
  faultOf(error: unknown, operation: Pick<Operation, 'method'>, requestId: string): Failure {
    const undecided = undecidedCredentials(error);
    if (undecided !== undefined) return undecided;
    this.#options.observer.crashed(error, operation, requestId);
    return { reason: 'INTERNAL' };
  }

  /** Whether the credentials are valid, for doors that fail a request before it gets here. */
  async isAuthenticated(metadata: CallMetadata): Promise<boolean> {
    return (await this.#authenticate(metadata)) !== undefined;
  }

  /** Admits a call: credentials → limit → permission → decoding → validation. */
  async admit(
    operation: Pick<Operation, 'method' | 'permission'>,
    metadata: CallMetadata,
    decode: () => Message,
  ): Promise<Admission> {
    const principal = await this.#authenticate(metadata);
    if (principal === undefined) return refused({ reason: 'UNAUTHENTICATED' });
    return this.#admit(principal, { ...operation, changes: false }, metadata, decode);
  }

  async #run(operation: Operation, metadata: CallMetadata, decode: () => Message): Promise<Reply> {
    const authenticated = this.#authenticate(metadata);
    const principal = authenticated instanceof Promise ? await authenticated : authenticated;
    if (principal === undefined) return refuse({ reason: 'UNAUTHENTICATED' });
    const { merchantId } = principal;
    const hasRoom = this.#crowds.enter(merchantId, Date.now());
    try {
      if (!hasRoom) return refuse({ reason: 'RATE_LIMITED' });
      return await this.#runAs(principal, operation, metadata, decode);
    } finally {
      const turn = this.#crowds.leave(merchantId, Date.now());
      if (turn !== undefined) await turn;
    }
  }

  async #runAs(
    principal: Principal,
    operation: Operation,
    metadata: CallMetadata,
    decode: () => Message,
  ): Promise<Reply> {
    const admitted = this.#admit(principal, operation, metadata, decode);
    if (!admitted.ok) return refuse(admitted.failure);
    const latest = Date.now() + this.#options.requestTimeoutMs;
    const deadlineAtMs = Math.min(metadata.deadlineAtMs ?? latest, latest);
    return operation.handle(
      { principal: admitted.principal, deadlineAtMs, idempotencyKey: admitted.idempotencyKey },
      admitted.request,
    );
  }

  #admit(
    principal: Principal,
    { method, permission, changes }: Pick<Operation, 'method' | 'permission' | 'changes'>,
    metadata: CallMetadata,
    decode: () => Message,
  ): Admission {
    if (!this.#options.rateLimiter.admits(principal.merchantId, Date.now())) {
      return refused({ reason: 'RATE_LIMITED' });
    }
    if (!principal.permissions.has(permission)) return refused({ reason: 'PERMISSION_DENIED', permission });
    let request: Message;
    try {
      request = decode();
    } catch (error) {
      if (!(error instanceof UnreadableRequest)) throw error;
      return refused({ reason: 'MALFORMED_REQUEST', description: error.message });
    }
    const violations = this.#violations(method, request);
    const idempotencyKey = changes
      ? idempotencyKeyOf(request, metadata.header('idempotency-key'))
      : undefined;
    if (typeof idempotencyKey === 'object') violations.push(idempotencyKey);
    else if (violations.length === 0) return { ok: true, principal, request, idempotencyKey };
    return refused({ reason: 'VALIDATION_FAILED', violations });
  }

  #authenticate(metadata: CallMetadata): Principal | undefined | Promise<Principal | undefined> {
    return this.#options.authenticator.authenticate(
      metadata.header('authorization'),
      metadata.header('x-merchantapikey'),
    );
  }

  #violations(method: DescMethod, request: Message): FieldViolation[] {
    const result = this.#validator.validate(method.input, request);
    if (result.kind === 'error') throw result.error;
    return (result.violations ?? []).map(toFieldViolation);
  }
}

/**
 * The validator's own RE2 guards against hostile patterns. These patterns come from our protos, and the native engine
 * cuts a validation from 11.6 µs to 1.0 µs.
 */
function nativeRegexMatch(): (pattern: string, against: string) => boolean {
  const compiled = new Map<string, RegExp>();
  return (pattern, against) => {
    let regex = compiled.get(pattern);
    if (regex === undefined) {
      regex = new RegExp(pattern, 'u');
      compiled.set(pattern, regex);
    }
    return regex.test(against);
  };
}
