import type { Message } from '@bufbuild/protobuf';
import type { Principal } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';
import { StreamFailed, type StreamOperation, type StreamReply } from '../operations/stream-operation.js';
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

export interface StreamObserver {
  opened(operation: StreamOperation): void;
  /** The stream has not begun. */
  refused(operation: StreamOperation, failure: Failure, requestId: string): void;
  /** `failure` is undefined if the caller left. */
  ended(operation: StreamOperation, failure: Failure | undefined): void;
}

const begun = {} as Message;

/**
 * The only way from any door to a stream. Besides what the dispatcher does for every call, it ends streams: when the
 * caller leaves, when the credentials are no longer valid, and when the service stops.
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
    const reply = await this.#begin(operation, metadata, decode, left);
    if (!reply.ok) this.#options.observer.refused(operation, reply.failure, metadata.requestId);
    return reply;
  }

  /** Accepts no more streams, and ends the open ones. */
  endAll(): void {
    this.#closing = true;
    for (const ending of this.#open.keys()) ending.abort(new StreamFailed({ reason: 'SHUTTING_DOWN' }));
  }

  async #begin(
    operation: StreamOperation,
    metadata: CallMetadata,
    decode: () => Message,
    left: AbortSignal,
  ): Promise<StreamReply> {
    const { dispatcher, streamsMax, observer } = this.#options;
    if (this.#closing) return { ok: false, failure: { reason: 'SHUTTING_DOWN' } };
    if (this.#open.size >= streamsMax) return { ok: false, failure: { reason: 'OVERLOADED' } };
    const ending = new AbortController();
    this.#open.set(ending, undefined);
    try {
      const admitted = await dispatcher.admit(operation, metadata, decode);
      const opened = admitted.ok
        ? await this.#openFor(admitted.principal, operation, admitted.request, ending)
        : admitted;
      if (!opened.ok) {
        this.#open.delete(ending);
        return opened;
      }
      observer.opened(operation);
      const messages = this.#run(operation, metadata, opened.messages, ending);
      // A generator that never began has no end either, and a caller may leave before asking for a message.
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
      return { ok: false, failure: dispatcher.faultOf(error, operation, metadata.requestId) };
    }
  }

  async #openFor(
    principal: Principal,
    operation: StreamOperation,
    request: Message,
    ending: AbortController,
  ): ReturnType<StreamOperation['open']> {
    const { merchantId } = principal;
    const { merchantStreamsMax } = this.#options;
    if (merchantStreamsMax > 0) {
      const open = [...this.#open.values()].filter((owner) => owner === merchantId).length;
      if (open >= merchantStreamsMax) return { ok: false, failure: { reason: 'RATE_LIMITED' } };
    }
    this.#open.set(ending, merchantId);
    return operation.open(principal, request);
  }

  /** Begins with an empty message. */
  async *#run(
    operation: StreamOperation,
    metadata: CallMetadata,
    messages: (signal: AbortSignal) => AsyncGenerator<Message, void, void>,
    ending: AbortController,
  ): AsyncGenerator<Message, void, void> {
    const { dispatcher, observer } = this.#options;
    const recheck = this.#recheckCredentials(metadata, ending);
    let failure: Failure | undefined;
    try {
      yield begun;
      yield* messages(ending.signal);
      if (ending.signal.reason instanceof StreamFailed) throw ending.signal.reason;
    } catch (error) {
      failure =
        error instanceof StreamFailed
          ? error.failure
          : dispatcher.faultOf(error, operation, metadata.requestId);
      throw error instanceof StreamFailed ? error : new StreamFailed(failure);
    } finally {
      // A caller that never asks for the next message does not get past the lines above.
      if (ending.signal.reason instanceof StreamFailed) failure ??= ending.signal.reason.failure;
      clearInterval(recheck);
      this.#open.delete(ending);
      observer.ended(operation, failure);
    }
  }

  /** A key can be revoked, and a token can expire, while a stream is open. */
  #recheckCredentials(metadata: CallMetadata, ending: AbortController): NodeJS.Timeout {
    const { dispatcher, credentialsIntervalMs } = this.#options;
    return setInterval(() => {
      dispatcher.isAuthenticated(metadata).then(
        (good) => {
          if (!good) ending.abort(new StreamFailed({ reason: 'UNAUTHENTICATED' }));
        },
        // The answer is not known right now; the next check may find it.
        () => {},
      );
    }, credentialsIntervalMs).unref();
  }
}
