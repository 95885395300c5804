import {
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { callOnce } from './calls.js';
import { type Command, CommandStream } from './command-stream.js';
import { type Deadline, orAborted } from './deadline.js';
import { errorOfStatus } from './error.js';
import { InventoryService } from './gen/inventory/v1/inventory_service_pb.js';
import { giveKeys, requestOf } from './keys.js';
import type { Link } from './link.js';
import type { CallOptions, HoldfastOptions } from './options.js';
import { withRetries } from './retries.js';

export type CommandName = Command['case'];
type Methods = typeof InventoryService.method;
export type CommandRequest<N extends CommandName> = MessageInitShape<Methods[N]['input']>;
export type CommandResponse<N extends CommandName> = MessageShape<Methods[N]['output']>;

/**
 * A command that is longer goes as a call of its own: a message that is too long for the service ends the stream for
 * all. Together with its tag, this is less than the service takes unless it is set to less than its default.
 */
const COMMAND_BYTES_MAX = 60 * 1024;

/** Commands that are under way at the same time share a stream, which costs a fraction of a call for each. */
export class Executor {
  #stream: CommandStream | undefined;
  #opening: Promise<CommandStream> | undefined;

  readonly #link: Link;
  readonly #defaults: HoldfastOptions;

  constructor(link: Link, defaults: HoldfastOptions) {
    this.#link = link;
    this.#defaults = defaults;
  }

  async execute<N extends CommandName>(
    name: N,
    init: CommandRequest<N>,
    options: CallOptions = {},
  ): Promise<CommandResponse<N>> {
    const method = InventoryService.method[name] as DescMethodUnary;
    const value = requestOf(method.input, init as MessageInitShape<DescMessage>);
    const idempotencyKey = giveKeys(method.input, value, options.idempotencyKey);
    const command = { case: name, value } as Command;
    const attempt = (deadline: Deadline) => this.#attempt(method, command, deadline);
    const answer = await withRetries(attempt, idempotencyKey, options, this.#defaults);
    return answer as CommandResponse<N>;
  }

  async #attempt(method: DescMethodUnary, command: Command, deadline: Deadline): Promise<object> {
    const { signal } = deadline;
    const { isDuplex, transport } = await this.#link.connection(signal);
    const isForStream = isDuplex && toBinary(method.input, command.value).length <= COMMAND_BYTES_MAX;
    if (!isForStream) return callOnce(this.#link, method, command.value, deadline);
    const stream = this.#openStream() ?? (await orAborted(this.#nextStream(transport), signal));
    const outcome = await orAborted(stream.send(command), signal);
    if (outcome.case === 'error') throw errorOfStatus(outcome.value);
    if (outcome.case === undefined) throw new TypeError('the service is newer: unknown outcome');
    return outcome.value;
  }

  #openStream(): CommandStream | undefined {
    return this.#stream?.isOver === false ? this.#stream : undefined;
  }

  /** Commands that ask for a stream while one is opening share it. */
  #nextStream(transport: Transport): Promise<CommandStream> {
    this.#opening ??= this.#startStream(transport).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #startStream(transport: Transport): Promise<CommandStream> {
    this.#stream = new CommandStream(transport, await this.#link.credentials());
    return this.#stream;
  }
}
