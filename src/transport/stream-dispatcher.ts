import type { Message } from '@bufbuild/protobuf';
import type { Failure } from '../domain/failure.js';
import type { CallMetadata, Dispatcher } from './dispatcher.js';
import { StreamFailed, type StreamOperation, type StreamReply } from './stream.js';

export interface StreamDispatcherOptions {
  readonly dispatcher: Dispatcher;
  /** Streams at once, of all callers; one more is OVERLOADED. */
  readonly streamsMax: number;
  /** How often an open stream's credentials are looked at again, milliseconds. */
  readonly credentialsIntervalMs: number;
  readonly observer: StreamObserver;
}

export interface StreamObserver {
  opened(operation: StreamOperation): void;
  /** `failure` is undefined when the caller left. */
  ended(operation: StreamOperation, failure: Failure | undefined): void;
}

/**
 * The one way from any door to a stream. Beside what the dispatcher does for every call, it ends streams: when the
 * caller leaves, when the credentials are no longer good, when the service stops.
 */
export class StreamDispatcher {
  readonly #options: StreamDispatcherOptions;
  readonly #open = new Set<AbortController>();
  #closing = false;

  constructor(options: StreamDispatcherOptions) {
    this.#options = options;
  }

  /** Opens a stream; never rejects. `left` is aborted when the caller goes away. */
  async open(
    operation: StreamOperation,
    metadata: CallMetadata,
    decode: () => Message,
    left: AbortSignal,
  ): Promise<StreamReply> {
    const { dispatcher, streamsMax, observer } = this.#options;
    if (this.#closing) return { ok: false, failure: { reason: 'SHUTTING_DOWN' } };
    if (this.#open.size >= streamsMax) return { ok: false, failure: { reason: 'OVERLOADED' } };
    const ending = new AbortController();
    this.#open.add(ending);
    try {
      const admitted = await dispatcher.admit(operation, metadata, decode);
      const opened = admitted.ok ? await operation.open(admitted.principal, admitted.request) : admitted;
      if (opened.ok) {
        observer.opened(operation);
        return { ok: true, messages: this.#run(operation, metadata, opened.messages, left, ending) };
      }
      this.#open.delete(ending);
      return opened;
    } catch (error) {
      this.#open.delete(ending);
      return { ok: false, failure: dispatcher.faultOf(error, operation, metadata.requestId) };
    }
  }

  /** Takes no more streams, and ends those that are open. */
  endAll(): void {
    this.#closing = true;
    for (const ending of this.#open) ending.abort(new StreamFailed({ reason: 'SHUTTING_DOWN' }));
  }

  async *#run(
    operation: StreamOperation,
    metadata: CallMetadata,
    messages: (signal: AbortSignal) => AsyncGenerator<Message, void, void>,
    left: AbortSignal,
    ending: AbortController,
  ): AsyncGenerator<Message, void, void> {
    const { dispatcher, observer } = this.#options;
    const leave = (): void => ending.abort();
    left.addEventListener('abort', leave);
    if (left.aborted) leave();
    const recheck = this.#recheckCredentials(metadata, ending);
    let failure: Failure | undefined;
    try {
      yield* messages(ending.signal);
      const { reason } = ending.signal;
      if (reason instanceof StreamFailed) throw reason;
    } catch (error) {
      failure =
        error instanceof StreamFailed
          ? error.failure
          : dispatcher.faultOf(error, operation, metadata.requestId);
      throw error instanceof StreamFailed ? error : new StreamFailed(failure);
    } finally {
      clearInterval(recheck);
      left.removeEventListener('abort', leave);
      this.#open.delete(ending);
      observer.ended(operation, failure);
    }
  }

  /** A key can be revoked and a token expires while a stream is open. */
  #recheckCredentials(metadata: CallMetadata, ending: AbortController): NodeJS.Timeout {
    const { dispatcher, credentialsIntervalMs } = this.#options;
    return setInterval(() => {
      dispatcher.isAuthenticated(metadata).then(
        (good) => {
          if (!good) ending.abort(new StreamFailed({ reason: 'UNAUTHENTICATED' }));
        },
        // Nobody knows right now; the next look may.
        () => {},
      );
    }, credentialsIntervalMs).unref();
  }
}
