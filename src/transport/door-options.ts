import type { BodyRoom } from './body-room.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import type { EarlyRefusals } from './dispatch/early-refusals.js';
import type { StreamDispatcher } from './dispatch/stream-dispatcher.js';
import type { HelpLinks } from './failures/help-links.js';
import type { CommandKinds } from './operations/command-kinds.js';
import type { Operation } from './operations/operation.js';
import type { StreamOperation } from './operations/stream-operation.js';

/** What every door is given: the RPCs, what runs them, and the limits that all doors keep. */
export interface DoorOptions {
  readonly dispatcher: Dispatcher;
  readonly earlyRefusals: EarlyRefusals;
  readonly operations: readonly Operation[];
  readonly streamDispatcher: StreamDispatcher;
  readonly streams: readonly StreamOperation[];
  readonly help: HelpLinks;
  /** How long a caller may leave a stream's data unread. */
  readonly streamStalledMs: number;
  /** Of a request's body, and of a message. */
  readonly bodyBytesMax: number;
  /** The same for operations whose requests may have a thousand lines. */
  readonly batchBodyBytesMax: number;
  /** For all bodies and messages of the process together. */
  readonly bodyRoom: BodyRoom;
  /** Commands of one stream in progress; beyond that it is not read on. */
  readonly streamCommandsMax: number;
  /** What a stream of commands may carry. */
  readonly kinds: CommandKinds;
  /** How long a request's body, or a call's message, may take to arrive. */
  readonly requestTimeoutMs: number;
}
