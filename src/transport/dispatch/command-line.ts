import { randomUUID } from 'node:crypto';
import type { Message } from '@bufbuild/protobuf';
import {
  COMMAND_PERMISSION,
  type CommandKind,
  type CommandKinds,
  ordersOf,
  type Reach,
} from '../operations/command-kinds.js';
import type { CommandName } from '../operations/command-name.js';
import { type Reply, refuse } from '../operations/operation.js';
import type { CommandCall, CommandCaller } from './command-call.js';
import { type Dispatcher, forbidden } from './dispatcher.js';
import { UnreadableRequest } from './unreadable-request.js';

/** A command as its message carries it. */
export interface SentCommand {
  /** Undefined: the message names none. */
  readonly name: CommandName | undefined;
  readonly request: Message | UnreadableRequest | undefined;
  readonly key: string | undefined;
  /** The rate limit has already counted it, as the call that brought it. */
  readonly isCounted: boolean;
}

/** Called with the reply to a command. */
export type OnReply = (name: CommandName | undefined, reply: Reply) => void;

interface Waiting extends CommandCall {
  readonly name: CommandName;
  readonly kind: CommandKind;
  readonly reach: Reach;
  /** The orders that it names, if it may touch more than the records that it names. */
  readonly orders: readonly string[];
  readonly onReply: OnReply;
}

const NO_COMMAND = refuse({
  reason: 'VALIDATION_FAILED',
  violations: [{ field: 'command', description: 'is required: exactly one' }],
});

function malformed({ message: description }: UnreadableRequest): Reply {
  return refuse({ reason: 'MALFORMED_REQUEST', description });
}

const NONE: readonly string[] = [];

/** How many commands that have begun may stay in the list before it is cut. */
const BEGUN_KEPT_MAX = 1000;

/**
 * Runs the commands of one stream or batch, so that those on one record execute in the order in which they were sent.
 *
 * Commands that name their records execute in the order in which the engine gets them. So a command is begun once the
 * one before it is with the engine. But only the database knows which records an order holds: the engine learns that
 * after it takes such a command. So a command on an order is begun once those before it are answered, and those behind
 * it wait for its answer. Commands that only draw on the units of different orders run at the same time, since none
 * takes what another one needs.
 */
export class CommandLine {
  readonly #dispatcher: Dispatcher;
  readonly #kinds: CommandKinds;
  readonly #caller: CommandCaller;
  /** In the order of arrival; those before `#next` have begun. */
  #waiting: Waiting[] = [];
  #next = 0;
  /** Begun, and not with the engine yet. */
  #beginning: Waiting | undefined;
  #isAdvancing = false;
  /** Commands in progress, by reach. */
  readonly #running: Record<Reach, number> = { named: 0, held: 0, any: 0 };
  /** Orders whose units commands in progress draw on. */
  readonly #orders = new Set<string>();

  constructor(
    dispatcher: Dispatcher,
    kinds: CommandKinds,
    caller: Omit<CommandCaller, 'sequence' | 'onSubmit'>,
  ) {
    this.#dispatcher = dispatcher;
    this.#kinds = kinds;
    this.#caller = {
      ...caller,
      sequence: randomUUID(),
      onSubmit: () => {
        this.#beginning = undefined;
        this.#advance();
      },
    };
  }

  /** Takes the next command. Calls back once, with its reply; never before it returns. */
  take(command: SentCommand, onReply: OnReply): void {
    const { name, request, key, isCounted } = command;
    if (name === undefined || request === undefined) {
      const { principal } = this.#caller;
      const denied = isCounted
        ? forbidden(principal, COMMAND_PERMISSION)
        : this.#dispatcher.refusal(principal, COMMAND_PERMISSION, false);
      const reply = request instanceof UnreadableRequest ? malformed(request) : NO_COMMAND;
      queueMicrotask(() => onReply(name, denied === undefined ? reply : refuse(denied)));
      return;
    }
    const kind = this.#kinds[name];
    // A command that cannot be read touches nothing.
    const reach = request instanceof UnreadableRequest ? 'named' : kind.reach(request);
    const orders = request instanceof UnreadableRequest || reach !== 'held' ? NONE : ordersOf(request);
    const next: Waiting = { name, request, key, isCounted, kind, reach, orders, onReply };
    if (this.#waiting.length === 0 && this.#mayBegin(next)) this.#begin(next);
    else {
      this.#waiting.push(next);
      this.#advance();
    }
  }

  #advance(): void {
    if (this.#isAdvancing || this.#waiting.length === 0) return;
    this.#isAdvancing = true;
    while (this.#next < this.#waiting.length) {
      const next = this.#waiting[this.#next]!;
      if (!this.#mayBegin(next)) break;
      this.#next++;
      this.#begin(next);
    }
    if (this.#next === this.#waiting.length || this.#next >= BEGUN_KEPT_MAX) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    this.#isAdvancing = false;
  }

  #mayBegin({ reach, orders }: Waiting): boolean {
    if (this.#beginning !== undefined) return false;
    const { named, held, any } = this.#running;
    switch (reach) {
      case 'named':
        return held === 0 && any === 0;
      case 'held':
        return named === 0 && any === 0 && orders.every((order) => !this.#orders.has(order));
      case 'any':
        return named === 0 && held === 0 && any === 0;
    }
  }

  #begin(waiting: Waiting): void {
    const { kind, reach, orders } = waiting;
    this.#beginning = waiting;
    this.#running[reach]++;
    for (const order of orders) this.#orders.add(order);
    this.#dispatcher.command(kind.operation, this.#caller, waiting, (reply) => {
      this.#running[reach]--;
      for (const order of orders) this.#orders.delete(order);
      // A refused command never gets to the engine.
      if (this.#beginning === waiting) this.#beginning = undefined;
      waiting.onReply(waiting.name, reply);
      this.#advance();
    });
  }
}
