import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Calls, callsOver } from './calls.js';
import type { OpenConnection } from './connection/connection.js';
import { type CommandName, type CommandRequest, type CommandResponse, Executor } from './execute.js';
import type { WatchInventoryRequestSchema, WatchInventoryResponse } from './gen/inventory/v1/watch_pb.js';
import { Link } from './link.js';
import type { CallOptions, HoldfastOptions } from './options.js';
import { watch } from './watch.js';

/** What a client does besides the unary calls. */
export interface Streams {
  /**
   * The stock of up to 100 records (`ids`) or of a product's records (`productId`): first as it is, then after each
   * change by any caller. Lost connections and restarts of the service are bridged: reading goes on after the last
   * event, without a gap or a repeat. It ends when the loop is left, or `signal` is aborted, which throws its reason.
   */
  watch(
    request: MessageInitShape<typeof WatchInventoryRequestSchema>,
    options?: { readonly signal?: AbortSignal },
  ): AsyncGenerator<WatchInventoryResponse, never, undefined>;

  /**
   * Does what the method of the same name does, at a fraction of the cost where many are under way at once: they share a
   * stream. Commands that are under way together may take effect in any order. Without HTTP/2, and in browsers, each is
   * a separate call.
   */
  execute<N extends CommandName>(
    command: N,
    request: CommandRequest<N>,
    options?: CallOptions,
  ): Promise<CommandResponse<N>>;

  /** Closes the connection. Calls that are under way fail. */
  close(): void;
}

export type Client = Calls & Streams;

function clientOver(open: OpenConnection, options: HoldfastOptions): Client {
  const link = new Link(options, open);
  const executor = new Executor(link, options);
  return {
    ...callsOver(link, options),
    watch: (request, { signal } = {}) => watch(link, request, { signal, onRetry: options.onRetry }),
    execute: (name, request, callOptions) => executor.execute(name, request, callOptions),
    close: () => link.close(),
  };
}

/** The class for one kind of connection. */
export function holdfastOver(open: OpenConnection): new (options: HoldfastOptions) => Client {
  class Holdfast {
    constructor(options: HoldfastOptions) {
      Object.assign(this, clientOver(open, options));
    }
  }
  return Holdfast as new (
    options: HoldfastOptions,
  ) => Client;
}
