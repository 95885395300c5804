import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Permission } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';
import type { CallContext } from '../../service/call.js';

/** An RPC as the dispatcher runs it. */
export interface Operation {
  readonly method: DescMethod;
  /** The permission that the caller's token must grant. */
  readonly permission: Permission;
  /** Whether it changes something, and so takes an idempotency key. */
  readonly changes: boolean;
  handle(call: CallContext, request: Message): Promise<Reply>;
}

/** The outcome of a call: the same value at every door. */
export type Reply =
  | { readonly ok: true; readonly message: Message; readonly replayed: boolean }
  | { readonly ok: false; readonly failure: Failure; readonly replayed: boolean };

export function refuse(failure: Failure): Reply {
  return { ok: false, failure, replayed: false };
}
