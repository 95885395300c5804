import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Permission, Principal } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';

/** A server-streaming RPC as the dispatcher runs it. */
export interface StreamOperation {
  readonly method: DescMethod;
  /** The permission that the caller's token must grant. */
  readonly permission: Permission;
  /** Refuses, or begins a stream that ends when `signal` is aborted. The messages may throw StreamFailed. */
  open(principal: Principal, request: Message): Promise<OpenedStream>;
}

export type OpenedStream =
  | { readonly ok: true; messages(signal: AbortSignal): AsyncGenerator<Message, void, void> }
  | { readonly ok: false; readonly failure: Failure };

/** The outcome of opening a stream: the same value at every door. */
export type StreamReply =
  | { readonly ok: true; readonly messages: AsyncGenerator<Message, void, void> }
  | { readonly ok: false; readonly failure: Failure };

/** Ends a stream after it began. */
export class StreamFailed extends Error {
  override readonly name = 'StreamFailed';
  constructor(readonly failure: Failure) {
    super(`the stream ended: ${failure.reason}`);
  }
}

/** Why a door disconnects a caller who leaves a stream's data unread. */
export function slowReader(): StreamFailed {
  return new StreamFailed({ reason: 'SLOW_READER' });
}
