import { constants } from 'node:http2';
import type { Message } from '@bufbuild/protobuf';
import { type handleServerStreamingCall, Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import type { StreamDispatcher } from '../dispatch/stream-dispatcher.js';
import type { DoorOptions } from '../door-options.js';
import { StreamFailed, type StreamOperation, slowReader } from '../operations/stream-operation.js';
import type { Guard } from './guard/guard.js';
import { streamOf } from './library.js';
import { decodeCall, GrpcCallMetadata } from './metadata.js';
import type { GrpcErrors } from './status.js';

type StreamCall = ServerWritableStream<Buffer, Message>;

/** How long a reader may keep the server from stopping. */
const DRAIN_STALLED_MS = 1000;

/**
 * Server streams through grpc-js.
 *
 * The next message is requested once the last one is taken. A reader who leaves data unread for `streamStalledMs` gets
 * SLOW_READER. That status waits behind the unread data, so a reader who does not come back for it within the same time
 * again is cut off without a message.
 */
export class GrpcStreams {
  /** Calls whose client has not received everything yet. */
  readonly #calls = new Set<StreamCall>();

  readonly #dispatcher: StreamDispatcher;
  readonly #streamStalledMs: number;
  readonly #guard: Pick<Guard, 'arrived'>;
  readonly #errors: GrpcErrors;

  constructor(
    options: Pick<DoorOptions, 'streamDispatcher' | 'streamStalledMs'>,
    guard: Pick<Guard, 'arrived'>,
    errors: GrpcErrors,
  ) {
    this.#dispatcher = options.streamDispatcher;
    this.#streamStalledMs = options.streamStalledMs;
    this.#guard = guard;
    this.#errors = errors;
  }

  handler(operation: StreamOperation): handleServerStreamingCall<Buffer, Message> {
    return (call: StreamCall) => void this.#handle(operation, call);
  }

  /** The dispatcher has ended the streams; cuts those whose readers leave the end unread. */
  drain(): void {
    setTimeout(() => {
      for (const call of this.#calls) cut(call);
    }, DRAIN_STALLED_MS).unref();
  }

  async #handle(operation: StreamOperation, call: StreamCall): Promise<void> {
    if (!this.#guard.arrived(streamOf(call))) return;
    const metadata = new GrpcCallMetadata(call);
    const left = new AbortController();
    this.#calls.add(call);
    const closed = (): void => {
      this.#calls.delete(call);
      left.abort();
    };
    call.once('cancelled', closed);
    call.once('close', closed);
    const decode = () => decodeCall(operation.method.input, call);
    const reply = await this.#dispatcher.open(operation, metadata, decode, left.signal);
    if (!reply.ok) {
      call.emit('error', this.#errors.of(reply.failure, false, metadata.requestId));
      return;
    }
    const headers = new Metadata();
    headers.set(REQUEST_ID_HEADER, metadata.requestId);
    call.sendMetadata(headers);
    try {
      for await (const message of reply.messages) {
        if (!call.write(message) && !(await this.#taken(call, left.signal))) left.abort(slowReader());
      }
      if (left.signal.reason instanceof StreamFailed) throw left.signal.reason;
      call.end();
    } catch (error) {
      // The dispatcher lets nothing else through.
      call.emit('error', this.#errors.of((error as StreamFailed).failure, false, metadata.requestId));
      setTimeout(() => {
        if (this.#calls.has(call)) cut(call);
      }, this.#streamStalledMs).unref();
    }
  }

  /** Whether the caller took what was written, or left, in time. */
  #taken(call: StreamCall, left: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (inTime: boolean): void => {
        clearTimeout(timer);
        call.off('drain', drained);
        left.removeEventListener('abort', drained);
        resolve(inTime);
      };
      const drained = (): void => settle(true);
      const timer = setTimeout(() => settle(false), this.#streamStalledMs);
      call.once('drain', drained);
      left.addEventListener('abort', drained);
      if (left.aborted) drained();
    });
  }
}

/** Breaks off a call that its client does not read; the library has no method for it. */
function cut(call: StreamCall): void {
  streamOf(call).close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
