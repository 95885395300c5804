import type { Dispatcher } from './dispatch/dispatcher.js';
import type { StreamDispatcher } from './dispatch/stream-dispatcher.js';
import type { HelpLinks } from './failures/help-links.js';
import type { Operation } from './operations/operation.js';
import type { StreamOperation } from './operations/stream-operation.js';

/** What every door is given: the RPCs, what runs them, and the limits that all doors keep. */
export interface DoorOptions {
  readonly dispatcher: Dispatcher;
  readonly operations: readonly Operation[];
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: readonly StreamOperation[];
  readonly help: HelpLinks;
  /** How long a caller may leave a stream's data unread. */
  readonly streamStalledMs: number;
  /** Of a request's body, and of a message. */
  readonly bodyBytesMax: number;
  /** How long a request's body, or a call's message, may take to arrive. */
  readonly requestTimeoutMs: number;
}
