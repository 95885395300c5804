import type { Message } from '@bufbuild/protobuf';
import type { Principal } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';
import type { CallOrigin } from '../../service/call.js';
import type { CallSpan } from '../../telemetry/spans.js';
import { StreamFailed, type StreamOperation, type StreamReply } from '../operations/stream-operation.js';
import type { Arrival } from './call-observer.js';
import type { CallMetadata, Dispatcher } from './dispatcher.js';

export interface StreamDispatcherOptions {
  readonly dispatcher: Dispatcher;
  /** Maximum number of open streams, over all callers; one more is OVERLOADED. */
  readonly streamsMax: number;
  /** Maximum number of open streams per merchant; one more is RATE_LIMITED. 0: no limit. */
  readonly merchantStreamsMax: number;
  /** How often an open stream's credentials are rechecked, in milliseconds. */
  readonly credentialsIntervalMs: number;
  readonly observer: StreamObserver;
}

type OfStream = Pick<StreamOperation, 'method' | 'permission'>;

export interface StreamObserver {
  /** A caller asks for a stream. Returns undefined if nobody traces it. */
  began(operation: OfStream, arrival: Arrival): CallSpan | undefined;
  opened(stream: OpenedStream): void;
  /** A stream was refused before it began. */
  refused(stream: OpenedStream, failure: Failure): void;
  /** `failure` is undefined if the caller left, or ended a stream of commands. */
  ended(stream: OpenedStream, failure: Failure | undefined): void;
}

export interface OpenedStream {
  readonly operation: OfStream;
  readonly origin: CallOrigin;
  /** By the monotonic clock. */
  readonly sinceMs: number;
  /** Undefined: the caller is not known. */
  merchantId: string | undefined;
  readonly span: CallSpan | undefined;
}

/** The outcome of opening a stream of commands. */
export type CommandStreamReply =
  | {
      readonly ok: true;
      readonly principal: Principal;
      readonly span: CallSpan | undefined;
      /** To be called once, when the stream has ended. */
      readonly ended: (failure: Failure | undefined) => void;
    }
  | { readonly ok: false; readonly failure: Failure };

const begun = {} as Message;

/**
 * The only way from any door to a stream. In addition to what the dispatcher does for every call, it ends streams: when
 * the caller leaves, when the credentials are no longer valid, and when the service stops.
 */
export class StreamDispatcher {
  readonly #options: StreamDispatcherOptions;
  /** What ends an open stream → its merchant, once known. */
  readonly #open = new Map<AbortController, string | undefined>();
  #closing = false;

  constructor(options: StreamDispatcherOptions) {
    this.#options = options;
  }

  /**
   * Opens a stream; never rejects. `left` is aborted when the caller goes away, with a StreamFailed if the door
   * disconnected them.
   */
  async open(
    operation: StreamOperation,
    metadata: CallMetadata,
    decode: () => Message,
    left: AbortSignal,
  ): Promise<StreamReply> {
    const stream = this.#streamOf(operation, metadata);
    const reply = await this.#begin(stream, operation, metadata, decode, left);
    if (!reply.ok) this.#options.observer.refused(stream, reply.failure);
    return reply;
  }

  /**
   * Opens a stream on which commands come; never rejects. `ending` is aborted with a StreamFailed when the stream has
   * to end. The commands are the caller's to run.
   */
  async openCommands(
    operation: OfStream,
    metadata: CallMetadata,
    ending: AbortController,
  ): Promise<CommandStreamReply> {
    const stream = this.#streamOf(operation, metadata);
    const reply = await this.#beginCommands(stream, metadata, ending);
    if (!reply.ok) this.#options.observer.refused(stream, reply.failure);
    return reply;
  }

  /** Accepts no more streams, and ends the open ones. */
  endAll(): void {
    this.#closing = true;
    for (const ending of this.#open.keys()) ending.abort(new StreamFailed({ reason: 'SHUTTING_DOWN' }));
  }

  #streamOf(operation: OfStream, metadata: CallMetadata): OpenedStream {
    const span = this.#options.observer.began(operation, metadata);
    return { operation, origin: metadata, sinceMs: performance.now(), merchantId: undefined, span };
  }

  async #begin(
    stream: OpenedStream,
    operation: StreamOperation,
    metadata: CallMetadata,
    decode: () => Message,
    left: AbortSignal,
  ): Promise<StreamReply> {
    const { dispatcher, observer } = this.#options;
    const full = this.#full();
    if (full !== undefined) return { ok: false, failure: full };
    const ending = new AbortController();
    this.#open.set(ending, undefined);
    try {
      const admitted = await dispatcher.admit(operation, metadata, decode);
      stream.merchantId = admitted.principal?.merchantId;
      const opened = admitted.ok
        ? await this.#openFor(admitted.principal, operation, admitted.request, ending)
        : admitted;
      if (!opened.ok) {
        this.#open.delete(ending);
        return opened;
      }
      observer.opened(stream);
      const messages = this.#run(stream, metadata, opened.messages, ending);
      // A generator that has not begun never runs its `finally`, and a caller may leave before asking for a message.
      await messages.next();
      const leave = (): void => {
        ending.abort(left.reason);
        void messages.return();
      };
      left.addEventListener('abort', leave, { once: true });
      if (left.aborted) leave();
      return { ok: true, messages };
    } catch (error) {
      this.#open.delete(ending);
      return { ok: false, failure: dispatcher.faultOf(error, operation, metadata) };
    }
  }

  async #beginCommands(
    stream: OpenedStream,
    metadata: CallMetadata,
    ending: AbortController,
  ): Promise<CommandStreamReply> {
    const { dispatcher, observer } = this.#options;
    const { operation } = stream;
    const full = this.#full();
    if (full !== undefined) return { ok: false, failure: full };
    this.#open.set(ending, undefined);
    try {
      const admitted = await dispatcher.admitCaller(operation, metadata);
      stream.merchantId = admitted.principal?.merchantId;
      const refusal = admitted.ok ? this.#own(ending, admitted.principal) : admitted.failure;
      if (!admitted.ok || refusal !== undefined) {
        this.#open.delete(ending);
        return { ok: false, failure: refusal! };
      }
      observer.opened(stream);
      const recheck = this.#recheckCredentials(operation, metadata, ending);
      const ended = (failure: Failure | undefined): void => {
        clearInterval(recheck);
        this.#open.delete(ending);
        observer.ended(stream, failure);
      };
      return { ok: true, principal: admitted.principal, span: stream.span, ended };
    } catch (error) {
      this.#open.delete(ending);
      return { ok: false, failure: dispatcher.faultOf(error, operation, metadata) };
    }
  }

  /** Why no more streams can be opened; undefined: they can. */
  #full(): Failure | undefined {
    if (this.#closing) return { reason: 'SHUTTING_DOWN' };
    return this.#open.size >= this.#options.streamsMax ? { reason: 'OVERLOADED' } : undefined;
  }

  /** Counts an open stream as the merchant's, unless they have too many. Returns why it is refused, if it is. */
  #own(ending: AbortController, { merchantId }: Principal): Failure | undefined {
    const { merchantStreamsMax } = this.#options;
    if (merchantStreamsMax > 0) {
      const open = [...this.#open.values()].filter((owner) => owner === merchantId).length;
      if (open >= merchantStreamsMax) return { reason: 'RATE_LIMITED' };
    }
    this.#open.set(ending, merchantId);
    return undefined;
  }

  async #openFor(
    principal: Principal,
    operation: StreamOperation,
    request: Message,
    ending: AbortController,
  ): ReturnType<StreamOperation['open']> {
    const refusal = this.#own(ending, principal);
    return refusal === undefined ? operation.open(principal, request) : { ok: false, failure: refusal };
  }

  /** Yields an empty message first, so that it can be begun before the caller asks for anything. */
  async *#run(
    stream: OpenedStream,
    metadata: CallMetadata,
    messages: (signal: AbortSignal) => AsyncGenerator<Message, void, void>,
    ending: AbortController,
  ): AsyncGenerator<Message, void, void> {
    const { dispatcher, observer } = this.#options;
    const { operation } = stream;
    const recheck = this.#recheckCredentials(operation, metadata, ending);
    let failure: Failure | undefined;
    try {
      yield begun;
      yield* messages(ending.signal);
      if (ending.signal.reason instanceof StreamFailed) throw ending.signal.reason;
    } catch (error) {
      failure =
        error instanceof StreamFailed ? error.failure : dispatcher.faultOf(error, operation, metadata);
      throw error instanceof StreamFailed ? error : new StreamFailed(failure);
    } finally {
      // If the caller never asks for another message, the generator ends at a `yield`, and the lines above do not run.
      if (ending.signal.reason instanceof StreamFailed) failure ??= ending.signal.reason.failure;
      clearInterval(recheck);
      this.#open.delete(ending);
      observer.ended(stream, failure);
    }
  }

  /** A key can be revoked, and a token can expire, while a stream is open. */
  #recheckCredentials(
    { permission }: OfStream,
    metadata: CallMetadata,
    ending: AbortController,
  ): NodeJS.Timeout {
    const { dispatcher, credentialsIntervalMs } = this.#options;
    return setInterval(() => {
      dispatcher.isAuthenticated(metadata, permission).then(
        (good) => {
          if (!good) ending.abort(new StreamFailed({ reason: 'UNAUTHENTICATED' }));
        },
        // Nobody knows right now whether they are valid. The next check may find out.
        () => {},
      );
    }, credentialsIntervalMs).unref();
  }
}
