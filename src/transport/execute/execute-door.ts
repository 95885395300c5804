import { randomUUID } from 'node:crypto';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { CommandLine } from '../dispatch/command-line.js';
import type { CallMetadata } from '../dispatch/dispatcher.js';
import { REQUEST_ID_HEADER, saneRequestId } from '../dispatch/request-id.js';
import type { DoorOptions } from '../door-options.js';
import { GrpcErrors } from '../grpc/status.js';
import { COMMAND_PERMISSION } from '../operations/command-kinds.js';
import { pathOf } from '../operations/method-path.js';
import { StreamFailed } from '../operations/stream-operation.js';
import { CommandStream, type CommandStreamLimits } from './command-stream.js';
import { protocolOf, type StreamProtocol } from './stream-protocol.js';

const method = InventoryService.method.execute;
const operation = { method, permission: COMMAND_PERMISSION } as const;

export const EXECUTE_PATH = pathOf(method);

/** Room for what a message has in addition to its command: a tag and a key. */
const TAG_AND_KEY_BYTES_MAX = 1024;

/** How long a reader may delay the end of the server. */
const DRAIN_STALLED_MS = 1000;

/**
 * Execute, on both ports: a stream of commands over HTTP/2, in gRPC or Connect. It takes the HTTP/2 streams themselves,
 * since the libraries of both protocols read messages and write answers one by one, which costs several times as much
 * as a command.
 */
export class ExecuteDoor {
  readonly #options: DoorOptions;
  readonly #errors: GrpcErrors;
  readonly #limits: CommandStreamLimits;
  readonly #open = new Set<CommandStream>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#errors = new GrpcErrors(options.help);
    const { streamCommandsMax, streamStalledMs, bodyBytesMax } = options;
    const messageBytesMax = bodyBytesMax + TAG_AND_KEY_BYTES_MAX;
    this.#limits = { streamCommandsMax, streamStalledMs, messageBytesMax };
  }

  /** Takes a request of this path. Returns false if its protocol cannot stream in both directions. */
  accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const sent = headers[REQUEST_ID_HEADER];
    const requestId = saneRequestId(typeof sent === 'string' ? sent : undefined) ?? randomUUID();
    const { messageBytesMax } = this.#limits;
    const context = { requestId, errors: this.#errors, help: this.#options.help, messageBytesMax };
    const protocol = protocolOf(headers, context);
    if (protocol === undefined || headers[':method'] !== 'POST') return false;
    // A reset counts as an error; `close` follows it.
    stream.on('error', () => {});
    void this.#run(stream, headers, protocol, requestId);
    return true;
  }

  /** The streams are ending; cuts those whose readers leave the end unread. */
  drain(): void {
    for (const stream of this.#open) stream.hurry(DRAIN_STALLED_MS);
  }

  async #run(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    protocol: StreamProtocol,
    requestId: string,
  ): Promise<void> {
    const { dispatcher, streamDispatcher, kinds } = this.#options;
    const { timeoutMs, malformed } = protocol;
    const deadlineAtMs = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    const header: CallMetadata['header'] = (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const origin = { door: protocol.door, requestId, traceparent: header('traceparent') };
    const metadata: CallMetadata = { ...origin, header, deadlineAtMs };
    const ending = new AbortController();
    const reply = await streamDispatcher.openCommands(operation, metadata, ending);
    if (!reply.ok) return refuse(stream, protocol, reply.failure);
    if (malformed !== undefined) {
      const failure = { reason: 'MALFORMED_REQUEST', description: malformed } as const;
      reply.ended(failure);
      return refuse(stream, protocol, failure);
    }
    if (stream.closed || stream.destroyed) return reply.ended(undefined);
    if (protocol.unsupported !== undefined) {
      reply.ended(undefined);
      return protocol.refuseEncoding(stream);
    }
    const { principal, span, ended } = reply;
    const line = new CommandLine(dispatcher, kinds, {
      principal,
      origin,
      deadlineAtMs,
      span,
      isOneCall: false,
    });
    let late: NodeJS.Timeout | undefined;
    const held = this.#options.bodyRoom.holdStream();
    const commands = new CommandStream(stream, protocol, line, this.#limits, held, (failure) => {
      clearTimeout(late);
      ended(failure);
    });
    this.#open.add(commands);
    stream.once('close', () => this.#open.delete(commands));
    if (timeoutMs !== undefined) {
      late = setTimeout(() => commands.end({ reason: 'DEADLINE_EXCEEDED' }), timeoutMs).unref();
    }
    commands.begin();
    const stop = (): void => {
      const { reason } = ending.signal;
      commands.end(reason instanceof StreamFailed ? reason.failure : undefined);
    };
    if (ending.signal.aborted) stop();
    else ending.signal.addEventListener('abort', stop, { once: true });
  }
}

function refuse(
  stream: ServerHttp2Stream,
  protocol: StreamProtocol,
  failure: Parameters<StreamProtocol['end']>[1],
): void {
  if (stream.closed || stream.destroyed) return;
  protocol.end(stream, failure);
  stream.resume();
  // The client may never end its own side.
  setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
}
