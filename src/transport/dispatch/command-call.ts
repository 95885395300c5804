import type { Message } from '@bufbuild/protobuf';
import type { Principal } from '../../auth/principal.js';
import type { CallOrigin } from '../../service/call.js';
import type { CallSpan } from '../../telemetry/spans.js';
import type { UnreadableRequest } from './unreadable-request.js';

/** Who sends many commands in one call, or on one stream. */
export interface CommandCaller {
  readonly principal: Principal;
  readonly origin: CallOrigin;
  readonly deadlineAtMs: number | undefined;
  /** The span of the call or stream that brings the commands. */
  readonly span: CallSpan | undefined;
  /** All commands together are one call in progress. */
  readonly isOneCall: boolean;
  /** Names the stream or the call, for the order of its commands. */
  readonly sequence: string;
  /** The command that was begun last is on its way: those that are begun after it will not overtake it. */
  onSubmit(): void;
}

export interface CommandCall {
  readonly request: Message | UnreadableRequest;
  readonly key: string | undefined;
  /** The rate limit has already counted it, as the call that brought it. */
  readonly isCounted: boolean;
}
