import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Permission } from '../../auth/principal.js';
import type { Failure } from '../../domain/failure.js';
import type { CallContext } from '../../service/call.js';
import type { CommandName } from './command-name.js';

/** An RPC as the dispatcher runs it. */
export interface Operation {
  readonly method: DescMethod;
  /** The permission that the caller's token must grant. */
  readonly permission: Permission;
  /** Whether it changes something, and so takes an idempotency key. */
  readonly changes: boolean;
  handle(call: CallContext, request: Message): Promise<Reply>;
  /** Whether each command that it brings is allowed, or not, by itself. */
  readonly isOfCommands?: true;
  /** Whether its request may be as long as a thousand lines. */
  readonly isLarge?: true;
}

/** The outcome of a call: the same value at every door. */
export type Reply =
  | {
      readonly ok: true;
      readonly message: Message;
      readonly replayed: boolean;
      /** What became of each command of a batch; the doors put it into the message, each in its form. */
      readonly results?: readonly CommandResult[];
    }
  | { readonly ok: false; readonly failure: Failure; readonly replayed: boolean };

/** A command's name, if it has one, and its reply. */
export interface CommandResult {
  readonly name: CommandName | undefined;
  readonly reply: Reply;
}

export function refuse(failure: Failure): Reply {
  return { ok: false, failure, replayed: false };
}
