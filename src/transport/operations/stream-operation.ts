import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Permission, Principal } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';

/** A server-streaming RPC as the dispatcher runs it. */
export interface StreamOperation {
  readonly method: DescMethod;
  /** What the caller's token must grant. */
  readonly permission: Permission;
  /** Refuses, or begins: the messages end when `signal` is aborted. They may throw StreamFailed. */
  open(principal: Principal, request: Message): Promise<OpenedStream>;
}

export type OpenedStream =
  | { readonly ok: true; messages(signal: AbortSignal): AsyncGenerator<Message, void, void> }
  | { readonly ok: false; readonly failure: Failure };

/** How the opening came out: the same value at every door. */
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

/** Why a door sends a caller away who leaves unread what a stream has sent. */
export function slowReader(): StreamFailed {
  return new StreamFailed({ reason: 'SLOW_READER' });
}
